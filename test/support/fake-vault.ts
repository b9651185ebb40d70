import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface BatchItem {
  readonly reference: string
  readonly plaintext?: string
  readonly ciphertext?: string
}

/** Answers one `encrypt` or `decrypt`; `attempt` counts them from 1. */
export type BatchHandler = (items: readonly BatchItem[], response: ServerResponse, attempt: number) => void

/**
 * An HTTP server that logs anyone in and has every key, and answers the calls that carry keys as a test says: for what a
 * real Vault does not do on demand.
 */
export class FakeVault {
  readonly #server: Server
  attempts = 0
  /** Header fields of the last request. */
  lastHeaders: IncomingMessage['headers'] = {}
  handler: BatchHandler = (_, response) => response.writeHead(500).end()

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
  }

  static async start(): Promise<FakeVault> {
    const fake = new FakeVault()
    fake.#server.listen(0, '127.0.0.1')
    await once(fake.#server, 'listening')
    return fake
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    this.lastHeaders = request.headers
    const url = request.url ?? ''
    if (url === '/v1/auth/token/lookup-self') {
      response.end(JSON.stringify({ data: { ttl: 0 } }))
    } else if (url.startsWith('/v1/transit/keys/')) {
      response.end(JSON.stringify({ data: fitKey }))
    } else {
      this.attempts += 1
      const { batch_input: items } = JSON.parse(Buffer.concat(chunks).toString()) as {
        readonly batch_input: readonly BatchItem[]
      }
      this.handler(items, response, this.attempts)
    }
  }
}

/** What an orderly Vault answers, for a test to spoil. */
export function answerBatch(results: readonly object[]): string {
  return JSON.stringify({ request_id: 'r', lease_id: '', data: { batch_results: results }, wrap_info: null })
}

const fitKey = {
  type: 'aes256-gcm96',
  derived: true,
  convergent_encryption: false,
  exportable: false,
  allow_plaintext_backup: false,
  deletion_allowed: false,
  latest_version: 1,
  min_decryption_version: 1,
}
