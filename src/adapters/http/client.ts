/**
 * Asks the data API of a running service, for the commands of people: one answer, or an error that names the cause. What
 * an answer means is the caller's; how one instance asks another is forward.ts.
 */
import { z } from 'zod';
import { UnavailableError } from '../../pipeline/ports.ts';

/** A data API and how to be let in. */
export interface ServiceAccess {
  /** `http://host:port` or `https://host:port`, with or without a path before /v1. */
  readonly url: string;
  /** Bearer token; null = none is sent. */
  readonly token: string | null;
}

/** A take-over or a rebalance is over within seconds; after so many questions a person should look. */
const attempts = 10;
/** An instance that asks another waits 3 s for it, ms. */
const timeoutMs = 8_000;
/** Longest wait that `Retry-After` can ask for, ms. */
const waitMaxMs = 5_000;

const problem = z.object({ title: z.string(), detail: z.string() });

/**
 * Returns what `path` answers, parsed, or null for 404. Asks again while nobody can say who has the customer or task (503).
 * Rejects: UnavailableError naming the cause: not reached, not let in, still nobody, or no data API at this address.
 */
export async function askService(access: ServiceAccess, method: 'GET' | 'POST', path: string): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await send(access, method, path);
    const body = await bodyOf(response, access);
    if (response.status === 200) return body;
    const told = problem.safeParse(body);
    if (!told.success) throw new UnavailableError(`${access.url} answers ${response.status}: ${notOurs}`);
    if (response.status === 404) return null;
    const reason = `${access.url} answers ${response.status} ${told.data.title}: ${told.data.detail}`;
    if (response.status !== 503 || attempt === attempts) throw new UnavailableError(reason);
    const seconds = Number(response.headers.get('retry-after') ?? '1');
    await new Promise((resolve) => setTimeout(resolve, Math.min(waitMaxMs, seconds * 1_000)));
  }
}

const notOurs = 'is this the address of a data API (CLIENTELE_API)?';

async function send({ url, token }: ServiceAccess, method: string, path: string): Promise<Response> {
  try {
    return await fetch(`${url.replace(/\/$/, '')}${path}`, {
      method,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
  } catch (error) {
    throw new UnavailableError(`${url} cannot be asked: ${causeOf(error)}`, { cause: error });
  }
}

/** fetch says only "fetch failed"; why stands in its cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}

async function bodyOf(response: Response, { url }: ServiceAccess): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new UnavailableError(`${url} answers ${response.status} without JSON: ${notOurs}`);
  }
}
