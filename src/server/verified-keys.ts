import type { Kek, KeyProvider } from '../crypto/key-provider.ts'
import { type KeyRights, type KeyUse, mayUse, usesOf } from '../crypto/key-rights.ts'
import { verifyKeks } from '../crypto/verify-keks.ts'
import type { KeyStore } from '../crypto/key-store.ts'
import type { Policies } from '../directives/policies.ts'
import { GatewayError } from '../errors.ts'
import { masks } from '../masking/index.ts'

/** The KEKs of a schema, and of the audit log, that an instance of these rights uses. */
export function neededKeks(policies: Policies, rights: KeyRights, audited: boolean): readonly Kek[] {
  const needed = new Map<string, Kek>()
  const need = (keyType: string, purpose: Kek['purpose']): void => {
    needed.set(`${keyType}/${purpose}`, { keyType, purpose })
  }
  if (audited) {
    need('AUDIT_LOG', 'REVEAL')
    need('AUDIT_LOG', 'INDEX')
  }
  for (const type of [...policies.models.values(), ...policies.embedded.values()]) {
    for (const { protection, masks: fieldMasks } of type.fields) {
      if (protection.kind === 'hashed') {
        need('PII', 'REVEAL')
        need('PII', 'INDEX')
      }
      if (protection.kind !== 'encrypted') continue
      need(protection.keyType, 'REVEAL')
      if (fieldMasks.length > 0) need(protection.keyType, 'MASK')
      if (protection.searchable) need(protection.keyType, 'INDEX')
      if (fieldMasks.some(({ style }) => masks[style].keyed === true)) need('PII', 'INDEX')
    }
  }
  return [...needed.values()].filter((kek) => usesOf(rights, kek).length > 0)
}

export interface VerifiedKeys {
  /** The provider, closed to every key until its KEKs have been verified, and to every use that the rights do not name. */
  readonly provider: KeyProvider
  readonly verified: () => boolean
  readonly stop: () => void
}

const retryMilliseconds = 2_000

/**
 * Verifies that the key service holds the keys of this database before any key is used. When the service cannot be
 * reached the gateway starts all the same, neither encrypts nor decrypts, and tries again.
 * @param onFailure - told of a failed attempt where the one before it failed otherwise
 * @throws KEYS_MISMATCH when the service holds other keys
 */
export async function verifyKeys(
  provider: KeyProvider,
  store: KeyStore,
  keks: readonly Kek[],
  rights: KeyRights,
  onFailure: (error: GatewayError) => void,
): Promise<VerifiedKeys> {
  let verified = false
  let timer: NodeJS.Timeout | undefined
  let told: string | undefined
  const tell = (error: unknown): void => {
    const failure = error instanceof GatewayError ? error : new GatewayError('INTERNAL_SERVER_ERROR')
    if (failure.message !== told) onFailure(failure)
    told = failure.message
  }
  const verify = async (): Promise<void> => {
    await provider.prepare(keks)
    await verifyKeks(provider, store, keks, rights)
    verified = true
  }
  const retry = (): void => {
    timer = setTimeout(() => {
      verify().catch((error: unknown) => {
        tell(error)
        retry()
      })
    }, retryMilliseconds).unref()
  }
  try {
    await verify()
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'KEY_UNAVAILABLE') throw error
    tell(error)
    retry()
  }
  const whenPermitted = <T>(use: KeyUse, kek: Kek, call: () => Promise<T>): Promise<T> =>
    verified && mayUse(rights, use, kek) ? call() : Promise.reject(new GatewayError('KEY_UNAVAILABLE'))
  return {
    verified: () => verified,
    stop: () => {
      clearTimeout(timer)
    },
    provider: {
      name: provider.name,
      capabilities: provider.capabilities,
      prepare: (missing) => provider.prepare(missing),
      wrap: (kek, items) => whenPermitted('wrap', kek, () => provider.wrap(kek, items)),
      unwrap: (kek, items) => whenPermitted('unwrap', kek, () => provider.unwrap(kek, items)),
      rotate: (kek) => whenPermitted('wrap', kek, () => provider.rotate(kek)),
      rewrap: (kek, items) => whenPermitted('unwrap', kek, () => provider.rewrap(kek, items)),
      status: (kek) => whenPermitted('wrap', kek, () => provider.status(kek)),
      versionOf: (wrapped) => provider.versionOf(wrapped),
      trim: (kek, oldest) => whenPermitted('unwrap', kek, () => provider.trim(kek, oldest)),
      check: () => provider.check(),
      close: () => provider.close(),
    },
  }
}
