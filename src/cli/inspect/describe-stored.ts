import { formatVersion, keyIdOf, parseCiphertext } from '../../crypto/ciphertext.ts'
import { readSealed, type SealedParts } from '../../crypto/sealed-field.ts'
import {
  type FieldPolicy,
  isStoredSealed,
  type ModelPolicy,
  type Policies,
  stored,
} from '../../directives/policies.ts'

/** What can be told of a stored form without its key. */
export interface SealedBytes {
  /** Absent when the bytes are in no known format. */
  readonly header?: { readonly version: number; readonly suite: string; readonly keyId: string }
  readonly bytes: number
  readonly base64: string
}

export interface SealedPath {
  readonly ciphertext: SealedBytes
  /** By style. */
  readonly masks: Readonly<Record<string, SealedBytes>>
  /** Base64 by slot. */
  readonly terms: Readonly<Record<string, string>>
}

/**
 * `encrypted`, `hashed`: stored sealed. `exposed`: the schema protects the path, and what is stored there is not sealed;
 * its value is left out. `undeclared`: the schema does not have the path.
 */
export type StoredPath =
  | { readonly path: string; readonly kind: 'plain'; readonly value: unknown }
  | { readonly path: string; readonly kind: 'undeclared'; readonly value: unknown }
  | { readonly path: string; readonly kind: 'exposed' }
  | { readonly path: string; readonly kind: 'encrypted' | 'hashed'; readonly sealed: SealedPath }

type StoredObject = Readonly<Record<string, unknown>>

/** Tells of every path of a stored document what stands there. Needs no key and uses none. */
export function describeStored(
  document: StoredObject,
  model: ModelPolicy,
  policies: Policies,
): readonly StoredPath[] {
  return describeObject(document, model.fields, '', policies)
}

const bookkeeping: ReadonlySet<string> = new Set(Object.values(stored))

function describeObject(
  object: StoredObject,
  fields: readonly FieldPolicy[],
  prefix: string,
  policies: Policies,
): readonly StoredPath[] {
  const byPath = new Map(fields.map((field) => [field.stored, field]))
  return Object.entries(object).flatMap(([name, value]): readonly StoredPath[] => {
    const path = prefix + name
    const field = byPath.get(name)
    if (bookkeeping.has(name)) return [{ path, kind: 'plain', value }]
    if (field === undefined) return [{ path, kind: 'undeclared', value }]
    const embedded = field.type.kind === 'embedded' ? policies.embedded.get(field.type.name) : undefined
    if (embedded !== undefined) {
      const items = Array.isArray(value) ? value.map((item, at) => [`${path}[${at}]`, item] as const) : []
      const objects = items.length > 0 ? items : ([[path, value]] as const)
      return objects.flatMap(([at, inner]) =>
        isObject(inner)
          ? describeObject(inner, embedded.fields, `${at}.`, policies)
          : [{ path: at, kind: 'plain', value: inner }],
      )
    }
    if (value === null || !isStoredSealed(field)) return [{ path, kind: 'plain', value }]
    const parts = readSealed(value)
    if (parts === undefined) return [{ path, kind: 'exposed' }]
    return [
      {
        path,
        kind: field.protection.kind === 'hashed' ? 'hashed' : 'encrypted',
        sealed: describeSealed(parts),
      },
    ]
  })
}

function describeSealed({ ciphertext, masks, terms }: SealedParts): SealedPath {
  return {
    ciphertext: describeBytes(ciphertext),
    masks: Object.fromEntries(Object.entries(masks).map(([style, bytes]) => [style, describeBytes(bytes)])),
    terms: Object.fromEntries(Object.entries(terms).map(([slot, bytes]) => [slot, bytes.toString('base64')])),
  }
}

function describeBytes(bytes: Buffer): SealedBytes {
  const size = { bytes: bytes.length, base64: bytes.toString('base64') }
  try {
    const { suite } = parseCiphertext(bytes)
    return {
      header: { version: formatVersion, suite: suite.name, keyId: keyIdOf(bytes) ?? '' },
      ...size,
    }
  } catch {
    return size
  }
}

function isObject(value: unknown): value is StoredObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}
