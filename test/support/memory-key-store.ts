import type { Kek } from '../../src/crypto/key-provider.ts'
import type { Canary, KeyRow, KeyState, KeyStore, StoredKey } from '../../src/crypto/key-store.ts'
import type { KeyTuple } from '../../src/crypto/key-tuple.ts'
import { holderId } from '../../src/crypto/key-tuple.ts'

/** The key store port in memory. Rows are copied on the way in and out, as a database would. */
export class MemoryKeyStore implements KeyStore {
  readonly rows = new Map<string, KeyRow>()
  readonly canaries = new Map<string, Canary>()

  find(ids: readonly Buffer[]): Promise<KeyRow[]> {
    return answer(ids.flatMap((id) => this.rows.get(id.toString('hex')) ?? []))
  }

  insertMissing(rows: readonly KeyRow[]): Promise<KeyRow[]> {
    return answer(
      rows.map((row) => {
        const name = row.id.toString('hex')
        const stored = this.rows.get(name) ?? structuredCopy(row)
        this.rows.set(name, stored)
        return stored
      }),
    )
  }

  addKeys(rowId: Buffer, keys: readonly StoredKey[]): Promise<KeyRow> {
    const name = rowId.toString('hex')
    const row = this.rows.get(name)
    if (row === undefined) throw new TypeError('There is no such row.')
    const free = keys.filter((key) => !row.keys.some((taken) => isSameSlot(taken, key)))
    const updated = row.erased ? row : { ...row, keys: [...row.keys, ...free.map((key) => ({ ...key }))] }
    this.rows.set(name, updated)
    return answer(updated)
  }

  hasKeys({ keyType, purpose }: Kek): Promise<boolean> {
    const keys = [...this.rows.values()].flatMap((row) => row.keys)
    return answer(
      keys.some((key) => key.keyType === keyType && key.purpose === purpose && key.state !== 'destroyed'),
    )
  }

  findCanary(kek: Kek): Promise<Canary | undefined> {
    return answer(this.canaries.get(kekName(kek)))
  }

  insertCanary(kek: Kek, canary: Canary): Promise<Canary> {
    const stored = this.canaries.get(kekName(kek)) ?? structuredCopy(canary)
    this.canaries.set(kekName(kek), stored)
    return answer(stored)
  }

  /** The stored keys of a tuple, oldest first. */
  keysOf(tuple: KeyTuple): StoredKey[] {
    const row = this.rows.get(holderId(tuple.holder).toString('hex'))
    return row?.keys.filter((key) => key.keyType === tuple.keyType && key.purpose === tuple.purpose) ?? []
  }

  /** Changes every stored key of a tuple. */
  alter(tuple: KeyTuple, change: Partial<StoredKey> & { readonly state?: KeyState }): void {
    const name = holderId(tuple.holder).toString('hex')
    const row = this.rows.get(name)
    if (row === undefined) throw new TypeError('There is no such row.')
    const chosen = new Set(this.keysOf(tuple))
    this.rows.set(name, {
      ...row,
      keys: row.keys.map((key) => (chosen.has(key) ? { ...key, ...change } : key)),
    })
  }

  erase(tuple: KeyTuple): void {
    const name = holderId(tuple.holder).toString('hex')
    const row = this.rows.get(name)
    if (row === undefined) throw new TypeError('There is no such row.')
    this.rows.set(name, { ...row, keys: [], erased: true })
  }
}

function isSameSlot(one: StoredKey, other: StoredKey): boolean {
  return one.keyType === other.keyType && one.purpose === other.purpose && one.generation === other.generation
}

function kekName({ keyType, purpose }: Kek): string {
  return `${keyType}/${purpose}`
}

/** Copied and later, so that nothing depends on an answer being the stored object or being there at once. */
async function answer<T>(value: T): Promise<T> {
  await new Promise((resolve) => setImmediate(resolve))
  return structuredCopy(value)
}

function structuredCopy<T>(value: T): T {
  return copy(value) as T
}

function copy(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return Buffer.from(value)
  if (value instanceof Date) return new Date(value)
  if (Array.isArray(value)) return value.map(copy)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copy(part)]))
}
