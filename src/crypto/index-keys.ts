import type { DataKey } from './data-key.ts'
import type { KeyTuple } from './key-tuple.ts'
import type { TermSlot } from './sealed-field.ts'

/** A searchable path of a tenant. */
export interface IndexPath {
  readonly tuple: KeyTuple
  /** `BlindIndex.version` as the schema asks for it: what a first key of the path is made for. */
  readonly version: string
}

/** One generation of the `INDEX` key of a path, unwrapped. */
export interface IndexKey {
  readonly slot: TermSlot
  /** `BlindIndex.version` of the terms under it; undefined for keys that do not say: the schema's. */
  readonly version: string | undefined
  readonly key: DataKey
}

/** The slot that holds the terms of a generation: two that follow each other never share one. */
export function slotOf(generation: number): TermSlot {
  return generation % 2 === 1 ? 't0' : 't1'
}

/** What the key states say about the terms of a path, of one moment: under which keys to write, and by which to search. */
export class IndexKeys {
  /** Every value that is written gets a term under each. */
  readonly written: readonly IndexKey[]
  /** One of them. */
  readonly read: IndexKey
  /** When the key states were asked for, by `performance.now`. */
  readonly openedAt: number

  constructor(written: readonly IndexKey[], read: IndexKey, openedAt: number) {
    this.written = written
    this.read = read
    this.openedAt = openedAt
  }

  /** Another pin on every key. */
  retain(): this {
    for (const { key } of this.written) key.retain()
    return this
  }

  release(): void {
    for (const { key } of this.written) key.release()
  }
}
