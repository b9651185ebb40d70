import type NodeVault from 'node-vault'
import { GatewayError } from '../../errors.ts'
import type { VaultClient } from './client.ts'
import { logIn, readGrant } from './login.ts'
import type { Grant } from './login.ts'
import { openNodeVault } from './node-vault.ts'
import type { VaultAuth } from './options.ts'

const secondMs = 1_000
/** Also keeps delays below 2^31 ms, beyond which a timer fires at once. */
const longestDelayMs = 24 * 3_600 * secondMs
const longestRetryMs = 30 * secondMs

export interface AdminAnswer {
  readonly status: number
  /** Vault's `data`, or `undefined`. */
  readonly data: unknown
}

/**
 * One login at Vault, by node-vault. The token is renewed after two thirds of its life, and replaced by a new login when
 * that is refused or when its greatest life comes near.
 */
export class VaultSession {
  readonly #vault: NodeVault.client
  readonly #auth: VaultAuth
  #token: string | undefined
  #fullSeconds = 0
  #pendingLogin: Promise<string> | undefined
  #pendingRecovery: Promise<boolean> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  private constructor(vault: NodeVault.client, auth: VaultAuth) {
    this.#vault = vault
    this.#auth = auth
  }

  static async open(client: VaultClient, auth: VaultAuth): Promise<VaultSession> {
    return new VaultSession(await openNodeVault(client), auth)
  }

  /** @throws GatewayError `KEY_UNAVAILABLE` when Vault cannot be reached or refuses the login. */
  async token(): Promise<string> {
    if (this.#closed) throw unavailable('This session with Vault is closed.')
    return this.#token ?? (await this.#logIn())
  }

  /**
   * To be asked when Vault answered 403 to a token.
   *
   * @returns whether another token is there by now; false when the token is good and a policy denied the request.
   */
  async recover(refused: string): Promise<boolean> {
    if (this.#token !== refused) return true
    this.#pendingRecovery ??= this.#replaceIfDead().finally(() => {
      this.#pendingRecovery = undefined
    })
    return this.#pendingRecovery
  }

  /** One administrative request, never one that carries keys. @throws GatewayError `KEY_UNAVAILABLE` without answer. */
  async request(method: 'GET' | 'POST', path: string, json?: object): Promise<AdminAnswer> {
    const token = await this.token()
    const answer = await this.#ask(method, path, json)
    return answer.status === 403 && (await this.recover(token)) ? this.#ask(method, path, json) : answer
  }

  close(): void {
    this.#closed = true
    this.#token = undefined
    this.#vault.token = ''
    clearTimeout(this.#timer)
  }

  async #ask(method: string, path: string, json?: object): Promise<AdminAnswer> {
    try {
      const body: unknown = await this.#vault.request({ method, path: `/${path}`, ...(json && { json }) })
      return { status: 200, data: (body as { readonly data?: unknown } | undefined)?.data }
    } catch (error) {
      return { status: statusOf(error), data: undefined }
    }
  }

  #logIn(): Promise<string> {
    this.#pendingLogin ??= logIn(this.#vault, this.#auth)
      .then(
        (grant) => {
          this.#fullSeconds = grant.seconds
          this.#keep(grant)
          return grant.token
        },
        (error: unknown) => {
          throw unavailable(`Vault refused the ${this.#auth.method} login (status ${statusOf(error)}).`)
        },
      )
      .finally(() => {
        this.#pendingLogin = undefined
      })
    return this.#pendingLogin
  }

  async #replaceIfDead(): Promise<boolean> {
    const { status } = await this.#ask('GET', 'auth/token/lookup-self')
    if (status === 200) return false
    try {
      await this.#logIn()
      return true
    } catch {
      return false
    }
  }

  #keep(grant: Grant): void {
    if (this.#closed) return
    this.#token = grant.token
    this.#vault.token = grant.token
    if (grant.seconds > 0) this.#scheduleRenewal(grant.seconds, grant.renewable)
  }

  #scheduleRenewal(seconds: number, renewable: boolean, delayMs = (seconds * secondMs * 2) / 3): void {
    clearTimeout(this.#timer)
    const endsAt = Date.now() + seconds * secondMs
    this.#timer = setTimeout(
      () => {
        this.#renew(renewable).catch(() => {
          if (this.#closed) return
          const left = Math.max(0, endsAt - Date.now())
          const retryMs = Math.min(longestRetryMs, Math.max(secondMs, left / 3))
          this.#scheduleRenewal(left / secondMs, renewable, retryMs)
        })
      },
      Math.min(delayMs, longestDelayMs),
    )
    this.#timer.unref()
  }

  async #renew(renewable: boolean): Promise<void> {
    if (renewable) {
      try {
        const grant = readGrant(await this.#vault.tokenRenewSelf())
        // Near its greatest life a token is granted less and less.
        if (grant.seconds * 2 > this.#fullSeconds) {
          this.#keep(grant)
          return
        }
      } catch (error) {
        if (statusOf(error) >= 500) throw error
      }
    }
    await this.#logIn()
  }
}

/** @throws what is not an answer of Vault's: a connection that failed. */
function statusOf(error: unknown): number {
  const status = (error as { readonly response?: { readonly statusCode?: unknown } }).response?.statusCode
  if (typeof status === 'number') return status
  throw error
}

function unavailable(message: string): GatewayError {
  return new GatewayError('KEY_UNAVAILABLE', { message })
}
