import { GatewayError } from '../errors.ts'
import { DataKey } from './data-key.ts'
import type { Kek, KeyOutcome, KeyProvider } from './key-provider.ts'
import { type KeyRights, mayUse } from './key-rights.ts'
import type { Canary, KeyStore } from './key-store.ts'
import { lengthPrefixed } from './length-prefixed.ts'

/**
 * Proves that the KMS holds the KEKs this database was written with: every KEK has a canary, a random key that it wrapped
 * before any other, kept beside the data keys.
 *
 * @param keks - those that the instance may use. A canary of one with which it may only wrap is made where it is missing,
 * and left to be opened by an instance that may unwrap.
 * @throws `CONFIGURATION_INVALID` when the provider has no such kind of instance; `KEYS_MISMATCH` when a canary does not open, or is missing while keys of its KEK exist; `KEY_UNAVAILABLE` when
 * the KMS could not tell, or a canary is missing that this instance may not make.
 */
export async function verifyKeks(
  provider: KeyProvider,
  store: KeyStore,
  keks: readonly Kek[],
  rights: KeyRights,
): Promise<void> {
  assertMayCreate(provider, keks, rights)
  await Promise.all(
    keks.map(async (kek) => {
      const canary = (await store.findCanary(kek)) ?? (await createCanary(provider, store, kek, rights))
      if (!mayUse(rights, 'unwrap', kek)) return
      const bytes = await single(
        provider.unwrap(kek, [{ context: canaryContext(kek), wrapped: canary.wrapped }]),
      )
      if (!isOpenedBy(bytes, canary)) throw new GatewayError('KEYS_MISMATCH')
    }),
  )
}

/** Where keys between KEK and data keys are shared, whoever wraps must be able to unwrap the shared one. */
function assertMayCreate({ name, capabilities }: KeyProvider, keks: readonly Kek[], rights: KeyRights): void {
  if (capabilities.batch && capabilities.context) return
  const blind = keks.some((kek) => mayUse(rights, 'wrap', kek) && !mayUse(rights, 'unwrap', kek))
  if (!blind) return
  throw new GatewayError('CONFIGURATION_INVALID', {
    message: `A ${rights} instance needs a key service with batches and contexts, such as vault; ${name} has not both.`,
  })
}

/** The one that is stored, which may be another process's. */
async function createCanary(
  provider: KeyProvider,
  store: KeyStore,
  kek: Kek,
  rights: KeyRights,
): Promise<Canary> {
  if (await store.hasKeys(kek)) throw new GatewayError('KEYS_MISMATCH')
  if (!mayUse(rights, 'wrap', kek)) {
    const message = `This ${rights} instance waits for one with all rights to make the first keys of this database.`
    throw new GatewayError('KEY_UNAVAILABLE', { message })
  }
  const key = DataKey.create()
  try {
    const item = { context: canaryContext(kek), key: key.rootForWrapping() }
    return await store.insertCanary(kek, {
      keyId: key.keyId,
      wrapped: await single(provider.wrap(kek, [item])),
    })
  } finally {
    key.release()
  }
}

/** Whether the root is the key that a canary commits to. The root is zeroed either way. */
export function isOpenedBy(root: Buffer, { keyId }: Canary): boolean {
  try {
    DataKey.open(root, keyId).release()
    return true
  } catch {
    return false
  }
}

async function single(call: Promise<KeyOutcome[]>): Promise<Buffer> {
  const [outcome] = await call
  if (outcome?.ok) return outcome.bytes
  throw new GatewayError(outcome?.reason === 'INVALID' ? 'KEYS_MISMATCH' : 'KEY_UNAVAILABLE')
}

/** What a canary is bound to when it is wrapped. */
export function canaryContext({ keyType, purpose }: Kek): Buffer {
  return lengthPrefixed(['sealgate/canary/v1', keyType, purpose])
}
