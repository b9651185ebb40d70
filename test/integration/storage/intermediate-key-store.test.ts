import { randomBytes } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import type { IntermediateKey, IntermediateKeyStore } from '../../../src/crypto/intermediate-key-store.ts'
import { connectKeyStore } from '../../../src/storage/connect-key-store.ts'
import { openIntermediateKeys, type TestIntermediateKeys } from '../../support/intermediate-key-stores.ts'

const services = (process.env.SEALGATE_TEST_SERVICES ?? '').split(',')

async function openOn(variable: string): Promise<TestIntermediateKeys> {
  const uri = process.env[variable]
  if (uri === undefined) throw new Error(`${variable} is not set`)
  const keysDatabase = `keys_${randomBytes(6).toString('hex')}`
  const { intermediateKeys, close } = await connectKeyStore({ uri, keysDatabase })
  return { store: intermediateKeys, close }
}

const stores: readonly (readonly [name: string, open: () => Promise<TestIntermediateKeys>])[] = [
  ['the embedded database', openIntermediateKeys],
  ...(services.includes('mongodb') ? [['MongoDB', () => openOn('SEALGATE_TEST_MONGODB_URI')] as const] : []),
  ...(services.includes('mongo-java')
    ? [['mongo-java-server', () => openOn('SEALGATE_TEST_MONGODB_URI_2')] as const]
    : []),
]

describe.each(stores)('intermediate keys in %s', (_name, open) => {
  const kek = { keyType: 'PII', purpose: 'REVEAL' } as const
  let store: IntermediateKeyStore
  let close: () => Promise<void>

  const key = (tenant: string, version: number, purpose: 'REVEAL' | 'MASK' = 'REVEAL'): IntermediateKey => ({
    keyType: 'PII',
    purpose,
    tenant,
    version,
    keyId: randomBytes(32),
    wrapped: randomBytes(200),
    createdAt: new Date(1_700_000_000_000 + version),
  })

  beforeAll(async () => {
    ;({ store, close } = await open())
  })

  afterAll(() => close())

  test('are answered as they were stored, by KEK and tenant', async () => {
    const stored = [key('a', 1), key('a', 2), key('b', 1)]
    for (const one of [...stored, key('a', 1, 'MASK')]) expect(await store.insert(one)).toEqual(one)
    const found = await store.find(kek, ['a', 'b', 'none'])
    expect(found.sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime())).toHaveLength(3)
    expect(found).toEqual(expect.arrayContaining(stored))
    expect(await store.find(kek, ['none'])).toEqual([])
  })

  test('keep the first of many that take a slot at once, whether or not the tenant has others', async () => {
    for (const version of [1, 2]) {
      const offers = Array.from({ length: 8 }, () => key('race', version))
      const winners = await Promise.all(offers.map((offer) => store.insert(offer)))
      expect(new Set(winners.map(({ keyId }) => keyId.toString('hex'))).size).toBe(1)
      expect(offers).toContainEqual(winners[0])
    }
    expect(await store.find(kek, ['race'])).toHaveLength(2)
  })

  test('keep different versions of a new tenant that are stored at once', async () => {
    const offers = [1, 2, 3].map((version) => key('versions', version))
    expect(await Promise.all(offers.map((offer) => store.insert(offer)))).toEqual(offers)
    expect(await store.find(kek, ['versions'])).toHaveLength(3)
  })

  test('lose the old versions of one KEK alone', async () => {
    for (const version of [1, 2, 3]) await store.insert(key('trimmed', version))
    await store.insert(key('trimmed', 1, 'MASK'))
    for (const below of [3, 3, 1]) await store.remove(kek, 1, below)
    expect((await store.find(kek, ['trimmed'])).map(({ version }) => version)).toEqual([3])
    expect(await store.find({ keyType: 'PII', purpose: 'MASK' }, ['trimmed'])).toHaveLength(1)
  })
})
