import { setTimeout as pause } from 'node:timers/promises'
import type { Pool } from 'undici'
import { GatewayError } from '../../errors.ts'
import type { VaultSettings } from './options.ts'

/** Batches and administration share this many connections; more requests wait for one. */
const connections = 8
const retryDelayMs = 50

export interface VaultRequest {
  readonly method: 'GET' | 'POST'
  /** Behind `/v1/`. */
  readonly path: string
  readonly token: string
  /** JSON. Not changed, and not used any longer once the answer is there. */
  readonly body?: Buffer | undefined
  /** The longest answer to accept, in bytes. */
  readonly maximum: number
}

export interface VaultAnswer {
  readonly status: number
  /** In memory of its own; whoever reads keys out of it zeroes it. */
  readonly body: Buffer
}

/**
 * HTTP to one Vault, with bytes in and bytes out.
 *
 * TLS is always verified, redirects are not followed, no proxy and no variable of the environment is obeyed. A request
 * is tried twice when the connection fails or Vault answers 429 or 5xx: every request is one that may be repeated.
 */
export class VaultClient {
  readonly #pool: Pool
  readonly #namespace: string | undefined
  readonly #timeoutMs: number

  private constructor(pool: Pool, { namespace, timeoutMs }: VaultSettings) {
    this.#pool = pool
    this.#namespace = namespace
    this.#timeoutMs = timeoutMs
  }

  /** Connects at the first request. The library is loaded here, so that other providers start without it. */
  static async open(settings: VaultSettings): Promise<VaultClient> {
    const { Pool } = await import('undici')
    const { address, caCertificate: ca, timeoutMs } = settings
    const pool = new Pool(address, {
      connections,
      keepAliveTimeout: 60_000,
      connect: { rejectUnauthorized: true, timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) },
    })
    return new VaultClient(pool, settings)
  }

  /**
   * @returns the answer, whatever its status.
   * @throws GatewayError `KEY_UNAVAILABLE` when there is none within the time, or it is longer than allowed.
   */
  async send(request: VaultRequest): Promise<VaultAnswer> {
    const first = await this.#try(request)
    if (!isWorthRepeating(first)) return settle(first)
    if (!(first instanceof Failure)) first.body.fill(0)
    await pause(retryDelayMs * (1 + Math.random()))
    return settle(await this.#try(request))
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async #try(request: VaultRequest): Promise<VaultAnswer | Failure> {
    const chunks: Buffer[] = []
    let length = 0
    try {
      const { statusCode, body } = await this.#pool.request({
        method: request.method,
        path: `/v1/${request.path}`,
        headers: {
          'x-vault-request': 'true',
          ...(request.token === '' ? {} : { 'x-vault-token': request.token }),
          ...(this.#namespace === undefined ? {} : { 'x-vault-namespace': this.#namespace }),
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: request.body ?? null,
        signal: AbortSignal.timeout(this.#timeoutMs),
      })
      for await (const chunk of body as AsyncIterable<Buffer>) {
        chunks.push(chunk)
        length += chunk.length
        if (length > request.maximum) return new Failure('its answer is too long', false)
      }
      return { status: statusCode, body: joinChunks(chunks, length) }
    } catch (error) {
      return Failure.from(error)
    } finally {
      for (const chunk of chunks) chunk.fill(0)
    }
  }
}

/** Why there is no answer: a code of the connection, never an error object, which could hold the request. */
class Failure {
  readonly reason: string
  readonly repeat: boolean

  constructor(reason: string, repeat: boolean) {
    this.reason = reason
    this.repeat = repeat
  }

  static from(error: unknown): Failure {
    const { name, code } = error as { readonly name?: unknown; readonly code?: unknown }
    if (name === 'TimeoutError') return new Failure('it took too long', false)
    return new Failure(typeof code === 'string' ? code : 'the connection failed', true)
  }
}

function isWorthRepeating(result: VaultAnswer | Failure): boolean {
  return result instanceof Failure ? result.repeat : result.status === 429 || result.status >= 500
}

function settle(result: VaultAnswer | Failure): VaultAnswer {
  if (!(result instanceof Failure)) return result
  throw new GatewayError('KEY_UNAVAILABLE', { message: `Vault did not answer: ${result.reason}.` })
}

function joinChunks(chunks: readonly Buffer[], length: number): Buffer {
  const joined = Buffer.allocUnsafeSlow(length)
  let at = 0
  for (const chunk of chunks) at += chunk.copy(joined, at)
  return joined
}
