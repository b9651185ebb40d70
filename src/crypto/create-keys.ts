import { DataKey } from './data-key.ts'
import type { KekBatches } from './kek-batches.ts'
import type { LoadOutcome } from './key-lease.ts'
import type { Kek } from './key-provider.ts'
import { judgeForWrite, nextGeneration } from './key-states.ts'
import type { KeyRow, KeyStore, StoredKey } from './key-store.ts'
import type { KeyTuple } from './key-tuple.ts'

/** A tuple that is looked for in the row of its holder. */
export interface RowTuple {
  /** What the key is asked for by. */
  readonly name: string
  readonly tuple: KeyTuple
  /** `holderId`, in hex. */
  readonly rowId: string
  /** Of a searchable path: what its stored key will say. */
  readonly indexVersion?: string
}

/** The same, with the key that was found. */
export type StoredTuple = RowTuple & { readonly stored: StoredKey }

/** Key rows by their id in hex. */
export type KeyRows = Map<string, KeyRow>

interface NewKey extends RowTuple {
  readonly key: DataKey
  readonly wrapped: Buffer
}

interface CreationContext {
  readonly keks: KekBatches
  readonly store: KeyStore
  readonly maxAge: (kek: Kek) => number
  readonly mayUnwrap: (kek: Kek) => boolean
}

/** How often new keys are offered to rows that others keep changing. */
const maxOffers = 3

/**
 * Makes a key for each tuple, wraps all in one round and stores them, bringing `rows` up to date. A new key counts only
 * once it is stored: where another process was faster its key is the one, and ours is discarded. Where this instance could
 * not unwrap that key, its own takes the next generation instead.
 *
 * @param outcomes - receives our own keys and the failures.
 * @returns the keys of others, which are still to be unwrapped.
 */
export async function createKeys(
  missing: readonly RowTuple[],
  rows: KeyRows,
  outcomes: Map<string, LoadOutcome>,
  { keks, store, maxAge, mayUnwrap }: CreationContext,
): Promise<StoredTuple[]> {
  const foreign: StoredTuple[] = []
  const created = missing.map((item) => ({ ...item, key: DataKey.create() }))
  try {
    const wrapped = await keks.wrap(created)
    let offered = created.flatMap((item, index): NewKey[] => {
      const bytes = wrapped[index]
      return bytes === undefined ? [] : [{ ...item, wrapped: bytes }]
    })
    for (let offers = 0; offered.length > 0 && offers < maxOffers; offers += 1) {
      await storeKeys(offered, rows, store)
      const refused: NewKey[] = []
      for (const item of offered) {
        const verdict = judgeForWrite(rows.get(item.rowId), item.tuple, maxAge(item.tuple))
        if (verdict === 'MISSING') refused.push(item)
        else if (typeof verdict === 'string') outcomes.set(item.name, verdict)
        else if (verdict.keyId.equals(item.key.keyId)) outcomes.set(item.name, item.key.retain())
        else if (mayUnwrap(item.tuple)) foreign.push({ ...item, stored: verdict })
        else if (isEnabled(rows.get(item.rowId), item.key)) outcomes.set(item.name, item.key.retain())
        else refused.push(item)
      }
      offered = refused
    }
  } finally {
    for (const { key } of created) key.release()
  }
  return foreign
}

function isEnabled(row: KeyRow | undefined, { keyId }: DataKey): boolean {
  return row?.keys.some((stored) => stored.state === 'enabled' && stored.keyId.equals(keyId)) === true
}

async function storeKeys(keys: readonly NewKey[], rows: KeyRows, store: KeyStore): Promise<void> {
  const offers = new Map<string, KeyRow & { keys: StoredKey[] }>()
  for (const { tuple, rowId, key, wrapped, indexVersion } of keys) {
    const { holder, keyType, purpose } = tuple
    const offer = offers.get(rowId) ?? { id: Buffer.from(rowId, 'hex'), holder, keys: [] }
    offers.set(rowId, offer)
    const generation = nextGeneration(rows.get(rowId), tuple)
    const createdAt = new Date()
    const stored = { keyType, purpose, generation, keyId: key.keyId, wrapped, createdAt }
    offer.keys.push({ ...stored, state: 'enabled', ...(indexVersion !== undefined && { indexVersion }) })
  }
  const inserts = [...offers].filter(([rowId]) => !rows.has(rowId)).map(([, offer]) => offer)
  const additions = [...offers].filter(([rowId]) => rows.has(rowId)).map(([, offer]) => offer)
  const stored = await Promise.all([
    inserts.length > 0 ? store.insertMissing(inserts) : [],
    ...additions.map((offer) => store.addKeys(offer.id, offer.keys)),
  ])
  for (const row of stored.flat()) rows.set(row.id.toString('hex'), row)
}
