import type { DataKey } from './data-key.ts'
import type { ScalarKind } from './value-codec.ts'

export const normalizeSteps = ['TRIM', 'LOWERCASE', 'NFKC', 'DIGITS', 'COMPACT'] as const
export type NormalizeStep = (typeof normalizeSteps)[number]

/** Equality search over one encrypted path: the same value under the same key gives the same 32-byte term. */
export class BlindIndex {
  /** Changes when terms would change; terms of different versions are never comparable. */
  readonly version: string

  constructor(_options: {
    readonly tenant: string
    readonly collection: string
    readonly path: string
    readonly type: Exclude<ScalarKind, 'JSON'>
    readonly normalize: readonly NormalizeStep[]
  }) {
    this.version = ''
  }

  /** The value as it is compared: what matched through a term is decrypted, normalised and compared before use. */
  normalize(value: unknown): unknown {
    return value
  }

  /** @param key - an INDEX data key of the tenant, collection and path. */
  term(_key: DataKey, _value: unknown): Buffer {
    throw new Error('not yet')
  }
}
