import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'

import type { Kek } from '../../../src/crypto/key-provider.ts'
import { lengthPrefixed } from '../../../src/crypto/length-prefixed.ts'
import type { KeyService, KeyUse } from '../../../src/kms/intermediate/key-service.ts'
import { IntermediateKeyProvider } from '../../../src/kms/intermediate/provider.ts'
import { openIntermediateKeys, type TestIntermediateKeys } from '../../support/intermediate-key-stores.ts'

const kek: Kek = { keyType: 'PII', purpose: 'REVEAL' }
const context = Buffer.from('subject-7')

/** A key service in memory that remembers the buffers of the keys it handed out. */
class MemoryKeyService implements KeyService {
  readonly name = 'memory'
  readonly capabilities = { batch: false, context: true, serverRewrap: false, versions: true } as const
  readonly handedOut: Buffer[] = []
  readonly #key = randomBytes(32)

  prepare = () => Promise.resolve()
  check = () => Promise.resolve()
  close = () => Promise.resolve()

  wrap(use: KeyUse, key: Buffer): Promise<Buffer> {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(aadOf(use))
    return Promise.resolve(Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]))
  }

  unwrap(use: KeyUse, wrapped: Buffer): Promise<Buffer> {
    const decipher = createDecipheriv('aes-256-gcm', this.#key, wrapped.subarray(0, 12)).setAAD(aadOf(use))
    decipher.setAuthTag(wrapped.subarray(-16))
    const key = Buffer.allocUnsafeSlow(32)
    decipher.update(wrapped.subarray(12, -16)).copy(key)
    decipher.final()
    this.handedOut.push(key)
    return Promise.resolve(key)
  }
}

function aadOf({ tenant, keyType, purpose, version }: KeyUse): Buffer {
  return lengthPrefixed([tenant, keyType, purpose, String(version)])
}

let keys: TestIntermediateKeys
let service: MemoryKeyService
let now = 0
const opened: IntermediateKeyProvider[] = []

beforeAll(async () => {
  keys = await openIntermediateKeys()
})

beforeEach(() => {
  service = new MemoryKeyService()
  now = 1
})

afterEach(async () => {
  await keys.store.remove(kek, 1, 10)
  await Promise.all(opened.splice(0).map((provider) => provider.close()))
})

afterAll(() => keys.close())

async function open(options: { readonly maxKeys?: number; readonly maxUses?: number } = {}) {
  const provider = new IntermediateKeyProvider(service, keys.store, {
    ttl: 1_000,
    now: () => now,
    ...options,
  })
  opened.push(provider)
  await provider.prepare([kek])
  return provider
}

async function wrapFor(provider: IntermediateKeyProvider, tenant: string): Promise<Buffer> {
  const [outcome] = await provider.wrap(kek, [{ tenant, context, key: randomBytes(32) }])
  if (outcome?.ok !== true) throw new Error('not wrapped')
  return outcome.bytes
}

const isZero = (key: Buffer | undefined): boolean => key?.equals(Buffer.alloc(32)) === true

test('an intermediate key lives its time and no longer, however often it is used, and is zeroed', async () => {
  const wrapped = await wrapFor(await open(), 'acme')
  const reader = await open()
  for (now of [1, 500, 999]) await reader.unwrap(kek, [{ tenant: 'acme', context, wrapped }])
  expect(service.handedOut.map(isZero)).toEqual([false])
  now = 1_002
  await reader.unwrap(kek, [{ tenant: 'acme', context, wrapped }])
  expect(service.handedOut.map(isZero)).toEqual([true, false])
  await reader.close()
  expect(service.handedOut.map(isZero)).toEqual([true, true])
})

test('no more intermediate keys are in memory than allowed', async () => {
  const writer = await open()
  const wrapped = { acme: await wrapFor(writer, 'acme'), globex: await wrapFor(writer, 'globex') }
  const reader = await open({ maxKeys: 1 })
  for (const tenant of ['acme', 'globex'] as const) {
    await reader.unwrap(kek, [{ tenant, context, wrapped: wrapped[tenant] }])
  }
  expect(service.handedOut.map(isZero)).toEqual([true, false])
})

test('a batch over more tenants than fit into memory opens all the same', async () => {
  const writer = await open()
  const tenants = Array.from({ length: 5 }, (_, index) => `tenant-${index}`)
  const items = await Promise.all(
    tenants.map(async (tenant) => ({ tenant, context, wrapped: await wrapFor(writer, tenant) })),
  )
  const reader = await open({ maxKeys: 2 })
  expect(await reader.unwrap(kek, items)).toMatchObject(items.map(() => ({ ok: true })))
  await reader.close()
  expect(service.handedOut.map(isZero)).toEqual(items.map(() => true))
})
