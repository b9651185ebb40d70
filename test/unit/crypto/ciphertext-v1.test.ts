import { describe, expect, test } from '@jest/globals'

import { RowAddress } from '../../../src/crypto/associated-data.ts'
import { BlindIndex, type BlindIndexOptions } from '../../../src/crypto/blind-index.ts'
import { DataKey, type KeyLabel } from '../../../src/crypto/data-key.ts'
import { FieldCipher } from '../../../src/crypto/field-cipher.ts'
import type { KeyPurpose } from '../../../src/crypto/key-provider.ts'
import { createKeyTuple, holderId, wrapContext, type KeyHolder } from '../../../src/crypto/key-tuple.ts'
import type { Padding } from '../../../src/crypto/padding.ts'
import type { SuiteId } from '../../../src/crypto/suites.ts'
import type { ValueType } from '../../../src/crypto/value-codec.ts'
import { readVectors } from '../../support/read-vectors.ts'
import * as reference from '../../support/reference-ciphertext.ts'

interface FieldVector {
  readonly title: string
  readonly root: string
  readonly suite: SuiteId
  readonly nonce: string
  readonly place: reference.ReferencePlace & { readonly purpose: KeyPurpose }
  readonly type: ValueType
  readonly value: unknown
  readonly padding?: Padding
  readonly plaintext: string
  readonly stored: string
}

interface TermVector extends Pick<BlindIndexOptions, 'type' | 'normalize'> {
  readonly root: string
  readonly place: Omit<BlindIndexOptions, 'type' | 'normalize'>
  readonly value: unknown
  readonly normalizer: string
  readonly term: string
}

interface HolderVector {
  readonly holder: KeyHolder
  readonly keyType: string
  readonly purpose: KeyPurpose
  readonly rowId: string
  readonly wrapContext: string
}

const vectors = readVectors('ciphertext-v1.json') as {
  readonly keys: readonly (Record<KeyLabel, string> & { readonly root: string })[]
  readonly holders: readonly HolderVector[]
  readonly terms: readonly TermVector[]
  readonly fields: readonly FieldVector[]
}

function openKey(root: string): DataKey {
  const bytes = Buffer.from(root, 'hex')
  return DataKey.open(bytes, reference.subkey(bytes, 'commit'))
}

/** What JSON cannot say is written as an object of one property. */
function readValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const { number, bigint, dateTime, json } = value as Record<string, string | undefined>
  if (number !== undefined) return Number(number)
  if (bigint !== undefined) return BigInt(bigint)
  if (dateTime !== undefined) return new Date(dateTime)
  return JSON.parse(json ?? '') as unknown
}

/** Objects come back without prototype. */
function comparable(type: ValueType, value: unknown): unknown {
  return type === 'JSON' ? JSON.stringify(value) : value
}

function createCipher({ place, type, suite, padding = 'BUCKETS' }: FieldVector): FieldCipher {
  const { purpose, tenant, collection, path } = place
  return new FieldCipher({ purpose, tenant, collection, path, type, suite, padding })
}

function rowOf({ place }: FieldVector): RowAddress {
  return new RowAddress(place.subject, place.id, place.elements)
}

describe('stored format v1 stays what it is', () => {
  test.each(vectors.fields)('$title: the frozen ciphertext decrypts', (vector) => {
    const value = createCipher(vector).decrypt(
      openKey(vector.root),
      rowOf(vector),
      Buffer.from(vector.stored, 'hex'),
    )
    expect(comparable(vector.type, value)).toEqual(comparable(vector.type, readValue(vector.value)))
  })

  test.each(vectors.fields)('$title: the reference implementation agrees with the vector', (vector) => {
    const [root, nonce, padded] = [vector.root, vector.nonce, vector.plaintext].map((text) =>
      Buffer.from(text, 'hex'),
    )
    if (root === undefined || nonce === undefined || padded === undefined) throw new TypeError('unreachable')
    expect(reference.encrypt(root, vector.suite, nonce, vector.place, padded).toString('hex')).toBe(
      vector.stored,
    )
  })

  test.each(vectors.fields)('$title: a new ciphertext is the frozen one but for its nonce', (vector) => {
    const root = Buffer.from(vector.root, 'hex')
    const value = readValue(vector.value)
    const stored = createCipher(vector).encrypt(openKey(vector.root), rowOf(vector), value)
    const { padded, nonce } = reference.decrypt(root, vector.place, stored)
    expect(padded.toString('hex')).toBe(vector.plaintext)
    expect(nonce.toString('hex')).not.toBe(vector.nonce)
    expect(reference.encrypt(root, vector.suite, nonce, vector.place, padded)).toEqual(stored)
  })

  test.each(vectors.keys)('subkeys of the root $root', ({ root, ...subkeys }) => {
    const key = openKey(root)
    expect(key.keyId.toString('hex')).toBe(subkeys.commit)
    for (const [label, subkey] of Object.entries(subkeys)) {
      expect(key.subkey(label as KeyLabel).toString('hex')).toBe(subkey)
    }
  })

  test.each(vectors.holders)('row id and wrap context of $holder', (vector) => {
    const { holder, keyType, purpose } = vector
    expect(holderId(holder).toString('hex')).toBe(vector.rowId)
    expect(wrapContext(createKeyTuple(holder, keyType, purpose)).toString('hex')).toBe(vector.wrapContext)
  })

  test.each(vectors.terms)(
    'the term of $value under $normalizer',
    ({ place, type, normalize, ...vector }) => {
      const index = new BlindIndex({ ...place, type, normalize })
      expect(index.version).toBe(vector.normalizer)
      expect(index.term(openKey(vector.root), vector.value).toString('hex')).toBe(vector.term)
    },
  )
})
