// A TCP proxy in front of a service that a test shares with others and so must not stop: to its clients it may look
// gone (connections are reset) or hung (accepted and never answered). It counts what it refused.
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

export type ProxyMode = 'pass' | 'reset' | 'hang';

export class TcpProxy {
  /** Connections met while the service looked gone, and while it looked hung. */
  readonly refused = { reset: 0, hang: 0 };
  private mode: ProxyMode = 'pass';
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly target: { readonly host: string; readonly port: number };

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.target = target;
    this.server = createServer((socket) => this.accept(socket));
  }

  /** Listens on a free port of this machine. */
  static async open(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on, for new connections; the ones there are end. */
  set(mode: ProxyMode): void {
    this.mode = mode;
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private accept(socket: Socket): void {
    this.keep(socket);
    if (this.mode !== 'pass') this.refused[this.mode] += 1;
    if (this.mode === 'reset') socket.resetAndDestroy();
    if (this.mode !== 'pass') return;
    const { host, port } = this.target;
    const upstream = connect(port, host);
    this.keep(upstream);
    socket.pipe(upstream).pipe(socket);
    socket.once('close', () => upstream.destroy());
    upstream.once('close', () => socket.destroy());
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.sockets.delete(socket));
  }
}
