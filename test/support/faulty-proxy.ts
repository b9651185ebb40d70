import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/**
 * What happens to a request: answered by the server behind, so after 5 seconds, with half of a batch's results, with half of
 * the bytes, never, by 503, or by a broken connection.
 */
export type Fault = 'none' | 'slow' | 'half batch' | 'half answer' | 'hang' | 'error' | 'drop' | 'drop once'

const slowMs = 5_000

/** An HTTP server in front of another one, for what that one does not do on demand. */
export class FaultyProxy {
  fault: Fault = 'none'
  /** Requests that came, those that were dropped included. */
  readonly requests: IncomingMessage[] = []
  /** How many were answered by the server behind. */
  answered = 0
  readonly #target: URL
  readonly #server: Server
  #slow: NodeJS.Timeout | undefined

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
    clearTimeout(this.#slow)
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
    if (fault === 'slow') {
      this.#slow = setTimeout(() => {
        this.#forward(incoming, response, fault)
      }, slowMs)
    } else this.#forward(incoming, response, fault)
  }

  #forward(incoming: IncomingMessage, response: ServerResponse, fault: Fault): void {
    const { hostname, port } = this.#target
    const { method, url: path, headers } = incoming
    const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
      this.answered += 1
      const { statusCode = 502, headers: fields } = answer
      if (fault === 'half batch' || fault === 'half answer') {
        void text(answer).then((body) => {
          spoil(response, fault, statusCode, body)
        })
      } else {
        response.writeHead(statusCode, fields)
        answer.pipe(response)
      }
    })
    outgoing.once('error', () => response.destroy())
    incoming.pipe(outgoing)
  }
}

function spoil(
  response: ServerResponse,
  fault: 'half batch' | 'half answer',
  status: number,
  body: string,
): void {
  if (fault === 'half answer') {
    response.writeHead(status, { 'content-length': body.length })
    response.write(body.slice(0, body.length / 2), () => response.destroy())
    return
  }
  const parsed = JSON.parse(body) as { readonly data?: { batch_results?: readonly unknown[] } }
  const results = parsed.data?.batch_results
  if (parsed.data !== undefined && results !== undefined)
    parsed.data.batch_results = results.slice(0, results.length / 2)
  response.writeHead(status).end(JSON.stringify(parsed))
}
