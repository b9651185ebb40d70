import type { Kek } from './key-provider.ts'

/**
 * A key between a KEK in a key service and the data keys of one tenant, for services that would need a call for each of
 * these. Wrapped by the KEK.
 */
export interface IntermediateKey extends Kek {
  /** Empty for the installation's own, whose versions are those of the KEK. */
  readonly tenant: string
  /** From 1 on. A tenant, KEK and version is a slot that is taken once. */
  readonly version: number
  /** 32-byte commitment to the key. */
  readonly keyId: Buffer
  readonly wrapped: Buffer
  readonly createdAt: Date
}

/**
 * Where wrapped intermediate keys are kept, beside the key rows. What a write returns is as durable as these: nothing is
 * wrapped under a key before it is.
 */
export interface IntermediateKeyStore {
  /** Every version of these tenants under a KEK, in any order. */
  find(kek: Kek, tenants: readonly string[]): Promise<IntermediateKey[]>
  /** Takes a slot. Returns what is stored in it now: this key, or another's that was first. */
  insert(key: IntermediateKey): Promise<IntermediateKey>
  /** Removes the versions from `oldest` to below `newest`, of all tenants. */
  remove(kek: Kek, oldest: number, below: number): Promise<void>
}
