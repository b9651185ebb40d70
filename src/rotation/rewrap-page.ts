import { DataKey } from '../crypto/data-key.ts'
import type { Kek, KeyOutcome, KeyProvider } from '../crypto/key-provider.ts'
import type { KeyRow, KeyStore, RowChange } from '../crypto/key-store.ts'
import { createKeyTuple, holderId, wrapContext } from '../crypto/key-tuple.ts'
import { GatewayError } from '../errors.ts'
import { findOldKeys, type KekTargets, type OldKey } from './old-keys.ts'

export interface PageOutcome {
  /** Keys that were offered to the store in their new form. */
  readonly rewrapped: number
  /** Rows that another process had changed meanwhile. */
  readonly contested: number
  /** Keys that do not open under their KEK, or not as themselves. */
  readonly unopened: number
}

/**
 * Brings the keys of some rows under the newest versions of their KEKs. A new form replaces the old one only when it was
 * unwrapped again and gave the very key that the row commits to, and only where the row is as it was.
 *
 * @throws KEY_UNAVAILABLE when the key service did not answer for a key
 */
export async function rewrapPage(
  rows: readonly KeyRow[],
  targets: KekTargets,
  { provider, keyStore }: { readonly provider: KeyProvider; readonly keyStore: KeyStore },
): Promise<PageOutcome> {
  const old = findOldKeys(rows, targets, provider)
  const changes = new Map<KeyRow, RowChange['keys'][number][]>()
  const counts = { rewrapped: 0, unopened: 0 }
  await Promise.all(
    [...old].map(async ([name, keys]) => {
      const target = targets.get(name)
      if (target === undefined) return
      const wrapped = await rewrapKeys(keys, target, provider)
      keys.forEach(({ row, stored }, index) => {
        const bytes = wrapped[index]
        counts[bytes === undefined ? 'unopened' : 'rewrapped'] += 1
        if (bytes === undefined) return
        const change = {
          slot: stored,
          from: { wrapped: stored.wrapped, state: stored.state },
          to: { wrapped: bytes, state: stored.state },
        }
        const others = changes.get(row)
        if (others === undefined) changes.set(row, [change])
        else others.push(change)
      })
    }),
  )
  const changed = await keyStore.changeKeys([...changes].map(([row, keys]) => ({ rowId: row.id, keys })))
  return { ...counts, contested: changes.size - changed }
}

/** For each key its verified new form; undefined where it does not open. */
async function rewrapKeys(
  keys: readonly OldKey[],
  { kek, version }: { readonly kek: Kek; readonly version: number },
  provider: KeyProvider,
): Promise<(Buffer | undefined)[]> {
  const places = keys.map(({ row, stored }) => ({
    tenant: row.holder.tenant,
    context: wrapContext(createKeyTuple(row.holder, stored.keyType, stored.purpose)),
  }))
  const answers = await provider.rewrap(
    kek,
    places.map((place, index) => ({ ...place, wrapped: keys[index]?.stored.wrapped ?? empty })),
  )
  const wrapped = answers.map(bytesOf)
  const opened = await provider.unwrap(
    kek,
    places.map((place, index) => ({ ...place, wrapped: wrapped[index] ?? empty })),
  )
  return keys.map(({ row, stored }, index) => {
    const bytes = wrapped[index]
    const root = bytesOf(opened[index])
    if (bytes === undefined || root === undefined) return undefined
    const isNewer = (provider.versionOf(bytes) ?? 0) >= version
    // A row under another holder's id would never be found by the holder.
    const isItself = opensAs(root, stored.keyId) && holderId(row.holder).equals(row.id)
    return isNewer && isItself ? bytes : undefined
  })
}

const empty = Buffer.alloc(0)

function bytesOf(outcome: KeyOutcome | undefined): Buffer | undefined {
  if (outcome?.ok === true) return outcome.bytes
  if (outcome?.reason === 'INVALID') return undefined
  throw new GatewayError('KEY_UNAVAILABLE', {
    message: 'The key service did not answer for every key of a batch.',
  })
}

/** The root is zeroed. */
function opensAs(root: Buffer, keyId: Buffer): boolean {
  try {
    DataKey.open(root, keyId).release()
    return true
  } catch {
    return false
  }
}
