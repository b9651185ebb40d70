import type { Kek, KeyProviderCapabilities } from '../../crypto/key-provider.ts'

/** What an intermediate key is for. A service that knows contexts binds the wrapped key to it. */
export interface KeyUse extends Kek {
  readonly tenant: string
  readonly version: number
}

/** A key service that wraps one key at a time. Errors hold neither keys nor credentials. */
export interface KeyService {
  /** Name of the provider in configuration. */
  readonly name: string
  readonly capabilities: KeyProviderCapabilities
  /**
   * @throws GatewayError `CONFIGURATION_INVALID` when the KEK is missing or not fit, with what to do; `KEY_UNAVAILABLE` when
   * the service could not tell.
   */
  prepare(kek: Kek): Promise<void>
  /** @throws GatewayError `KEY_UNAVAILABLE` */
  wrap(use: KeyUse, key: Buffer): Promise<Buffer>
  /**
   * @returns the key in memory of its own, which the caller zeroes; undefined when the bytes do not open with this KEK and use.
   * @throws GatewayError `KEY_UNAVAILABLE` when the service could not tell.
   */
  unwrap(use: KeyUse, wrapped: Buffer): Promise<Buffer | undefined>
  /** Resolves when the service answers and the KEK may be used; rejects with `KEY_UNAVAILABLE` otherwise. */
  check(kek: Kek): Promise<void>
  close(): Promise<void>
}
