import type { Kek, KeyPurpose } from '../../src/crypto/key-provider.ts'
import type {
  Canary,
  KeyRow,
  KeySlot,
  KeyState,
  KeyStore,
  RowChange,
  StoredKey,
} from '../../src/crypto/key-store.ts'
import type { KeyHolder, KeyTuple } from '../../src/crypto/key-tuple.ts'
import { holderId } from '../../src/crypto/key-tuple.ts'

/** The key store port in memory. Rows are copied on the way in and out, as a database would. */
export class MemoryKeyStore implements KeyStore {
  readonly rows = new Map<string, KeyRow>()
  readonly canaries = new Map<string, Canary>()
  #epoch = 0

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
    const updated =
      row.erased || row.closing ? row : { ...row, keys: [...row.keys, ...free.map((key) => ({ ...key }))] }
    this.rows.set(name, updated)
    return answer(updated)
  }

  hasKeys({ keyType, purpose }: Kek): Promise<boolean> {
    const keys = [...this.rows.values()].flatMap((row) => row.keys)
    return answer(
      keys.some((key) => key.keyType === keyType && key.purpose === purpose && key.state !== 'destroyed'),
    )
  }

  count(): Promise<number> {
    return answer(this.rows.size)
  }

  scan(after: Buffer | undefined, limit: number): Promise<KeyRow[]> {
    const rows = [...this.rows.values()].sort((one, other) => one.id.compare(other.id))
    return answer(rows.filter(({ id }) => after === undefined || id.compare(after) > 0).slice(0, limit))
  }

  changeKeys(changes: readonly RowChange[]): Promise<number> {
    const changed = changes.filter(({ rowId, keys }) => {
      const name = rowId.toString('hex')
      const row = this.rows.get(name)
      if (row === undefined || row.erased) return false
      const asBefore = keys.every(({ slot, from }) =>
        row.keys.some(
          (key) => isSameSlot(key, slot) && key.wrapped.equals(from.wrapped) && key.state === from.state,
        ),
      )
      if (!asBefore) return false
      const next = row.keys.map((key) => ({ ...key, ...keys.find(({ slot }) => isSameSlot(key, slot))?.to }))
      this.rows.set(name, { ...row, keys: next })
      return true
    })
    return answer(changed.length)
  }

  closeRow(holder: KeyHolder): Promise<void> {
    const id = holderId(holder)
    const row = this.rows.get(id.toString('hex')) ?? { id, holder, keys: [] }
    this.rows.set(id.toString('hex'), { ...row, closing: true })
    return answer(undefined)
  }

  destroyRow(holder: KeyHolder): Promise<void> {
    const name = holderId(holder).toString('hex')
    const row = this.rows.get(name)
    if (row?.closing !== true) throw new TypeError('This row is not closing.')
    const keys = row.keys.map((key) => ({ ...key, wrapped: Buffer.alloc(0), state: 'destroyed' as const }))
    this.rows.set(name, { ...row, keys, erased: true })
    return answer(undefined)
  }

  epoch(): Promise<number> {
    return answer(this.#epoch)
  }

  advanceEpoch(): Promise<void> {
    this.#epoch += 1
    return answer(undefined)
  }

  findCanary(kek: Kek): Promise<Canary | undefined> {
    return answer(this.canaries.get(kekName(kek)))
  }

  listCanaries(): Promise<Kek[]> {
    const keks = [...this.canaries.keys()].map((name) => {
      const [keyType = '', purpose] = name.split(':')
      return { keyType, purpose: purpose as KeyPurpose }
    })
    return Promise.resolve(keks)
  }

  insertCanary(kek: Kek, canary: Canary): Promise<Canary> {
    const stored = this.canaries.get(kekName(kek)) ?? structuredCopy(canary)
    this.canaries.set(kekName(kek), stored)
    return answer(stored)
  }

  replaceCanary(kek: Kek, from: Canary, to: Canary): Promise<boolean> {
    const asBefore = this.canaries.get(kekName(kek))?.wrapped.equals(from.wrapped) === true
    if (asBefore) this.canaries.set(kekName(kek), structuredCopy(to))
    return answer(asBefore)
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

function isSameSlot(one: KeySlot, other: KeySlot): boolean {
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
