/** How a command that asks a running service finds it and is let in, and how it reads what it is told. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { askService, type ServiceAccess } from '../adapters/http/client.ts';
import { UnavailableError } from '../pipeline/ports.ts';
import { UsageError, type CommandContext } from './frame.ts';

/** Options of every such command. */
export const serviceOptions = { url: { type: 'string' }, 'token-file': { type: 'string' } } as const;

/** Their help. */
export const serviceHelp = `  --url URL        a data API of the service (CLIENTELE_API of any instance), such as http://127.0.0.1:8090
  --token-file F   a file whose first line is a bearer token of that data API`;

/** Reads the options. Throws: UsageError; the system's error when the file cannot be read. */
export function serviceAccess(
  { url, 'token-file': file }: { readonly url?: string | undefined; readonly 'token-file'?: string | undefined },
  { cwd }: CommandContext,
): ServiceAccess {
  if (url === undefined || !/^https?:\/\/[^/]/.test(url) || !URL.canParse(url)) {
    throw new UsageError('--url takes the address of a data API, such as http://127.0.0.1:8090.');
  }
  if (file === undefined) return { url, token: null };
  const [token = ''] = readFileSync(resolve(cwd, file), 'utf8').split('\n');
  if (!/^\S+$/.test(token.trim())) throw new UsageError(`the first line of ${file} is no token.`);
  return { url, token: token.trim() };
}

/** Asks, and reads the answer as `shape`; null = there is no such customer or task. Rejects: UnavailableError. */
export async function ask<T>(
  access: ServiceAccess,
  method: 'GET' | 'POST',
  path: string,
  shape: z.ZodType<T>,
): Promise<T | null> {
  const answer = await askService(access, method, path);
  if (answer === null) return null;
  const read = shape.safeParse(answer);
  if (read.success) return read.data;
  const at = read.error.issues[0]?.path.join('.') ?? '';
  throw new UnavailableError(`${access.url} answers ${path} in another shape (at "${at}"): is it of another version?`);
}
