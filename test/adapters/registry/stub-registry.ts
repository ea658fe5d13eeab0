// A local HTTP server that answers as registries (and things that are not registries) do.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubAnswer {
  readonly status: number;
  readonly body: string;
}

export interface StubRegistry {
  readonly url: string;
  /** Requests received: method, path, authorization header. */
  readonly requests: { readonly method: string; readonly path: string; readonly authorization: string | undefined }[];
  /** The answer to every request from now on; null = never answer. */
  answer: StubAnswer | null | ((method: string, path: string, body: string) => StubAnswer);
  close(): Promise<void>;
}

export const json = (status: number, body: unknown): StubAnswer => ({ status, body: JSON.stringify(body) });

/** Starts a stub on a free port. */
export async function startStubRegistry(): Promise<StubRegistry> {
  const held = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '' } = request;
      stub.requests.push({ method, path, authorization: request.headers.authorization });
      const answer =
        typeof stub.answer === 'function' ? stub.answer(method, path, Buffer.concat(chunks).toString()) : stub.answer;
      if (answer === null) {
        held.add(response);
        return;
      }
      response.writeHead(answer.status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
      response.end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stub: StubRegistry = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    answer: json(200, {}),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return stub;
}
