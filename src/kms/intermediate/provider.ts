import type { DataKey } from '../../crypto/data-key.ts'
import type { IntermediateKeyStore } from '../../crypto/intermediate-key-store.ts'
import type { KeyCacheOptions } from '../../crypto/key-cache.ts'
import type { LoadOutcome } from '../../crypto/key-lease.ts'
import type {
  Kek,
  KekStatus,
  KeyOutcome,
  KeyProvider,
  KeyProviderCapabilities,
  UnwrapItem,
  WrapItem,
} from '../../crypto/key-provider.ts'
import { GatewayError } from '../../errors.ts'
import { assertOldest, assertUnwrapItems, assertWrapItems } from '../assert-items.ts'
import { kekNameOf } from '../kek-name.ts'
import { IntermediateKeys, ownTenant, slotName } from './intermediate-keys.ts'
import type { KeyService, KeyUse } from './key-service.ts'
import { unwrapKey, wrapKey, wrappedVersion } from './wrapped-key.ts'

/**
 * Wraps data keys in this process, under one key per tenant, KEK and version, which the key service wraps: a hundred data
 * keys cost one call, or none. For services without batches or without contexts.
 */
export class IntermediateKeyProvider implements KeyProvider {
  readonly name: string
  readonly capabilities: KeyProviderCapabilities
  readonly #service: KeyService
  readonly #keys: IntermediateKeys
  readonly #prepared = new Map<string, Kek>()
  #closed = false

  constructor(service: KeyService, store: IntermediateKeyStore, options?: KeyCacheOptions) {
    this.name = service.name
    this.capabilities = service.capabilities
    this.#service = service
    this.#keys = new IntermediateKeys(service, store, options)
  }

  /** No intermediate key is made here: the first is made when it is first used. */
  async prepare(keks: readonly Kek[]): Promise<void> {
    if (this.#closed) throw notPrepared()
    for (const kek of keks) {
      await this.#service.prepare(kek)
      this.#prepared.set(kekNameOf(kek), kek)
    }
  }

  async wrap(kek: Kek, items: readonly WrapItem[]): Promise<KeyOutcome[]> {
    this.#assertPrepared(kek)
    assertWrapItems(items)
    if (items.length === 0) return []
    const tenants = items.map(({ tenant = ownTenant }) => tenant)
    const stored = await this.#keys.findBegun(kek, tenants)
    const { newest: version } = stored.status
    const uses = [...new Set(tenants)].map((tenant) => useOf(kek, tenant, version))
    const keys = await this.#keys.getOrCreate(uses, stored)
    return this.#withKeys(keys, () =>
      items.map(({ tenant = ownTenant, context, key }): KeyOutcome => {
        const use = useOf(kek, tenant, version)
        return withKey(keys.get(slotName(use)), (bytes) => wrapKey(bytes, { use, context }, key))
      }),
    )
  }

  async unwrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    this.#assertPrepared(kek)
    assertUnwrapItems(items)
    const uses = items.flatMap(({ tenant = ownTenant, wrapped }) => {
      const version = wrappedVersion(wrapped)
      return version === undefined ? [] : [useOf(kek, tenant, version)]
    })
    if (uses.length === 0) return items.map(() => invalid)
    const stored = await this.#keys.find(
      kek,
      uses.map(({ tenant }) => tenant),
    )
    const distinct = new Map(uses.map((use) => [slotName(use), use]))
    const keys = await this.#keys.open([...distinct.values()], stored)
    return this.#withKeys(keys, () =>
      items.map(({ tenant = ownTenant, context, wrapped }): KeyOutcome => {
        const version = wrappedVersion(wrapped)
        if (version === undefined) return invalid
        const use = useOf(kek, tenant, version)
        return withKey(keys.get(slotName(use)), (bytes) => unwrapKey(bytes, { use, context }, wrapped))
      }),
    )
  }

  async rotate(kek: Kek): Promise<KekStatus> {
    this.#assertPrepared(kek)
    return this.#keys.rotate(kek)
  }

  async rewrap(kek: Kek, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    const unwrapped = await this.unwrap(kek, items)
    try {
      const wrapping = items.flatMap((item, index): WrapItem[] => {
        const outcome = unwrapped[index]
        return outcome?.ok === true ? [{ ...item, key: outcome.bytes }] : []
      })
      const wrapped = (await this.wrap(kek, wrapping)).values()
      return unwrapped.map((outcome): KeyOutcome => {
        const next = outcome.ok ? wrapped.next() : undefined
        return next?.done === false ? next.value : outcome.ok ? unavailable : outcome
      })
    } finally {
      for (const outcome of unwrapped) if (outcome.ok) outcome.bytes.fill(0)
    }
  }

  async status(kek: Kek): Promise<KekStatus> {
    this.#assertPrepared(kek)
    return (await this.#keys.find(kek, [])).status
  }

  versionOf(wrapped: Buffer): number | undefined {
    return wrappedVersion(wrapped)
  }

  async trim(kek: Kek, oldest: number): Promise<void> {
    assertOldest(oldest, await this.status(kek))
    await this.#keys.trim(kek, oldest)
  }

  async check(): Promise<void> {
    const [kek] = this.#prepared.values()
    if (kek === undefined) throw notPrepared()
    await this.#service.check(kek)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#prepared.clear()
    this.#keys.clear()
    await this.#service.close()
  }

  /** @throws GatewayError `KEY_UNAVAILABLE`, which says why, when none of the keys could be had. */
  #withKeys<T>(keys: ReadonlyMap<string, LoadOutcome>, work: () => T): T {
    const outcomes = [...keys.values()]
    if (outcomes.every((outcome) => outcome === 'KEY_UNAVAILABLE')) {
      throw this.#keys.lastFailure ?? new GatewayError('KEY_UNAVAILABLE')
    }
    try {
      return work()
    } finally {
      for (const outcome of outcomes) if (typeof outcome !== 'string') outcome.release()
    }
  }

  #assertPrepared(kek: Kek): void {
    if (!this.#prepared.has(kekNameOf(kek))) throw notPrepared()
  }
}

const invalid: KeyOutcome = { ok: false, reason: 'INVALID' }
const unavailable: KeyOutcome = { ok: false, reason: 'UNAVAILABLE' }

function useOf({ keyType, purpose }: Kek, tenant: string, version: number): KeyUse {
  return { keyType, purpose, tenant, version }
}

function withKey(
  outcome: LoadOutcome | undefined,
  work: (intermediate: Buffer) => Buffer | undefined,
): KeyOutcome {
  if (outcome === undefined || outcome === 'KEY_UNAVAILABLE') return unavailable
  if (typeof outcome === 'string') return invalid
  const bytes = work(bytesOf(outcome))
  return bytes === undefined ? invalid : { ok: true, bytes }
}

function bytesOf(key: DataKey): Buffer {
  return key.subkey('encrypt/aes-256-gcm')
}

function notPrepared(): GatewayError {
  return new GatewayError('KEY_UNAVAILABLE', {
    message: 'The provider is closed, or was not prepared for this key.',
  })
}
