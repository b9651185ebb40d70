import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A server in front of another one that can be moved, cut off, or made silent while connections are open. */
export class TcpProxy {
  /** Port of the server behind, on this machine. */
  target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #port = 0
  #silent = false

  private constructor(target: number) {
    this.target = target
    this.#server = createServer((client) => {
      this.#join(client)
    })
  }

  static async start(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    proxy.#port = (proxy.#server.address() as AddressInfo).port
    return proxy
  }

  get port(): number {
    return this.#port
  }

  /** From now on connections are accepted and kept, and nothing goes through any of them. */
  silence(): void {
    this.#silent = true
    for (const socket of this.#sockets) socket.unpipe().pause()
  }

  /** New connections go through again; those that were silenced are cut. */
  restore(): void {
    this.#silent = false
    this.cut()
  }

  /** Refuses connections, as the port of a dead server does, and cuts those there are. */
  async refuse(): Promise<void> {
    this.#server.close()
    this.cut()
    await once(this.#server, 'close')
  }

  /** Takes connections again, on the same port. */
  async accept(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.refuse()
  }

  #join(client: Socket): void {
    this.#keep(client)
    if (this.#silent) return
    const server = connect(this.target, '127.0.0.1')
    this.#keep(server)
    client.pipe(server).pipe(client)
    client.once('close', () => server.destroy())
    server.once('close', () => client.destroy())
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => undefined)
  }
}
