import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What happens to a request: answered by the server behind, never, by 503, or by a broken connection. */
export type Fault = 'none' | 'hang' | 'error' | 'drop' | 'drop once'

/** An HTTP server in front of another one, for what that one does not do on demand. */
export class FaultyProxy {
  fault: Fault = 'none'
  /** Requests that came, those that were dropped included. */
  readonly requests: IncomingMessage[] = []
  readonly #target: URL
  readonly #server: Server

  private constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((incoming, response) => {
      this.#answer(incoming, response)
    })
  }

  static async start(target: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #answer(incoming: IncomingMessage, response: ServerResponse): void {
    this.requests.push(incoming)
    const { fault } = this
    if (fault === 'drop once') this.fault = 'none'
    if (fault === 'hang') return
    if (fault === 'drop' || fault === 'drop once') {
      response.destroy()
      return
    }
    if (fault === 'error') {
      response.writeHead(503).end()
      return
    }
    const { hostname, port } = this.#target
    const { method, url: path, headers } = incoming
    const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    outgoing.once('error', () => response.destroy())
    incoming.pipe(outgoing)
  }
}
