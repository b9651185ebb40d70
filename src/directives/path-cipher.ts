import { LRUCache } from 'lru-cache'

import { BlindIndex } from '../crypto/blind-index.ts'
import { FieldCipher } from '../crypto/field-cipher.ts'
import type { IndexPath } from '../crypto/index-keys.ts'
import { createKeyTuple, type KeyHolder, type KeyTuple } from '../crypto/key-tuple.ts'
import type { Padding } from '../crypto/padding.ts'
import { type CipherName, ciphers } from '../crypto/cipher-names.ts'
import type { SuiteId } from '../crypto/suites.ts'
import type { ScalarKind, ValueType } from '../crypto/value-codec.ts'
import { GatewayError } from '../errors.ts'
import type { FieldPolicy, FieldType, Protection, ScalarName } from './policies.ts'
import type { ProtectedPath } from './protected-paths.ts'
import { scopeId } from './scope-id.ts'

const kinds: Readonly<Record<ScalarName, ScalarKind>> = {
  ID: 'STRING',
  String: 'STRING',
  Int: 'INT',
  Float: 'FLOAT',
  Boolean: 'BOOLEAN',
  BigInt: 'BIGINT',
  Date: 'DATE',
  DateTime: 'DATE_TIME',
  JSON: 'JSON',
}

/** Whose row a value stands in: the document's stored tenant and subject, and its id. */
export interface RowOwner {
  readonly tenant: string
  readonly subject: string
  readonly id: string
}

/** Everything that protects one stored path in one tenant. Immutable and shared by requests. */
export interface PathCipher {
  /** Of what it encrypts. */
  readonly suite: SuiteId
  readonly value: FieldCipher
  readonly mask: FieldCipher
  /** Present when the path is searchable, or hashed (then it is the pepper). */
  readonly index: BlindIndex | undefined
  readonly indexKey: KeyTuple
  /** Present when the path is searchable. */
  readonly searched: IndexPath | undefined
  /** Paths of one group share their keys within a row. */
  readonly keyGroup: string
  revealKey(row: RowOwner): KeyTuple
  maskKey(row: RowOwner): KeyTuple
}

type SealedProtection = Extract<Protection, { kind: 'encrypted' | 'hashed' }>

/** What an installation may choose of how values are encrypted. Whatever was chosen before still decrypts. */
export interface CipherSettings {
  /** For keys of one subject or document. Keys that more share are always used with XAES-256-GCM. */
  readonly cipher: CipherName
  /** Of values whose field does not turn it off. */
  readonly padding: Exclude<Padding, 'NONE'>
}

/** Path ciphers by path and tenant, bounded. */
export class PathCiphers {
  readonly #ciphers = new LRUCache<string, PathCipher>({ max: 10_000 })
  readonly #settings: CipherSettings

  constructor(settings: CipherSettings) {
    this.#settings = settings
  }

  of(path: ProtectedPath, tenant: string): PathCipher {
    const name = `${path.collection}/${path.path}/${tenant}`
    let cipher = this.#ciphers.get(name)
    if (cipher === undefined) {
      cipher = createPathCipher(path, tenant, this.#settings)
      this.#ciphers.set(name, cipher)
    }
    return cipher
  }
}

/** The type of the keys that a sealed field is under: hashed fields have no word for it. */
export function keyTypeOf({ protection }: FieldPolicy): string {
  return protection.kind === 'encrypted' ? protection.keyType : 'PII'
}

function createPathCipher(
  { collection, path, field }: ProtectedPath,
  tenant: string,
  settings: CipherSettings,
): PathCipher {
  const { protection } = field
  if (protection.kind !== 'encrypted' && protection.kind !== 'hashed') {
    throw new GatewayError('INTERNAL_SERVER_ERROR', { coordinate: field.coordinate })
  }
  const keyType = keyTypeOf(field)
  const scope = protection.kind === 'encrypted' ? protection.scope : 'SUBJECT'
  // Keys that many subjects share can pass 2^32 messages, which rules out random 96-bit nonces.
  const suite: SuiteId = scope === 'SUBJECT' || scope === 'DOCUMENT' ? ciphers[settings.cipher] : 2
  const padding = protection.kind === 'encrypted' && !protection.pad ? 'NONE' : settings.padding
  const place = { tenant, collection, path, suite, padding } as const
  const type = valueType(field.type)
  const index = createIndex(protection, { tenant, collection, path, type })
  const indexKey = createKeyTuple(
    { tenant, scope: 'PATH', scopeId: `${collection}.${path}` },
    keyType,
    'INDEX',
  )
  const isSearched = protection.kind === 'encrypted' && index !== undefined
  const holder = (row: RowOwner): KeyHolder => ({ tenant, scope, scopeId: scopeId(scope, row, collection) })
  return {
    suite,
    value: new FieldCipher({
      ...place,
      purpose: 'REVEAL',
      type: protection.kind === 'hashed' ? 'STRING' : type,
    }),
    mask: new FieldCipher({ ...place, purpose: 'MASK', type: 'JSON', padding: settings.padding }),
    index,
    indexKey,
    searched: isSearched ? { tuple: indexKey, version: index.version } : undefined,
    keyGroup:
      scope === 'MODEL' || scope === 'DOCUMENT' ? `${keyType}/${scope}/${collection}` : `${keyType}/${scope}`,
    revealKey: (row) => createKeyTuple(holder(row), keyType, 'REVEAL'),
    maskKey: (row) => createKeyTuple(holder(row), keyType, 'MASK'),
  }
}

function createIndex(
  protection: SealedProtection,
  { type, ...place }: { tenant: string; collection: string; path: string; type: ValueType },
): BlindIndex | undefined {
  if (protection.kind === 'hashed') return new BlindIndex({ ...place, type: 'STRING', normalize: [] })
  if (!protection.searchable || typeof type !== 'string' || type === 'JSON') return undefined
  return new BlindIndex({ ...place, type, normalize: protection.normalize })
}

function valueType(type: FieldType): ValueType {
  const kind = type.kind === 'scalar' ? kinds[type.name] : 'ENUM'
  return type.list ? { listOf: kind } : kind
}
