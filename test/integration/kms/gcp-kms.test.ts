import { randomBytes } from 'node:crypto'

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { credentials } from '@grpc/grpc-js'

import type { IntermediateKeyStore } from '../../../src/crypto/intermediate-key-store.ts'
import type { Kek, KeyProvider } from '../../../src/crypto/key-provider.ts'
import { crc32c } from '../../../src/kms/gcp-kms/crc32c.ts'
import { createGcpKmsService } from '../../../src/kms/gcp-kms/index.ts'
import { IntermediateKeyProvider } from '../../../src/kms/intermediate/provider.ts'
import { keyNameOf } from '../../../src/kms/key-name.ts'
import { FakeGcpKms } from '../../support/fake-gcp-kms.ts'
import { openIntermediateKeys, type TestIntermediateKeys } from '../../support/intermediate-key-stores.ts'
import { describeKeyService } from '../../suites/key-service.suite.ts'

const keyRing = 'projects/test/locations/europe-west1/keyRings/gateway'
let fake: FakeGcpKms

beforeAll(async () => {
  fake = await FakeGcpKms.start()
})

afterAll(() => {
  fake.close()
})

const nameOf = (kek: Kek): string => `${keyRing}/cryptoKeys/${keyNameOf('sealgate', kek)}`

function create(store: IntermediateKeyStore): KeyProvider {
  const options = { provider: 'gcp-kms', keyRing, endpoint: fake.address, timeoutMs: 1_000 } as const
  const channel = { sslCreds: credentials.createInsecure() }
  return new IntermediateKeyProvider(createGcpKmsService(options, channel), store)
}

describeKeyService('gcp-kms', {
  create,
  createKek: (kek) => {
    fake.createKey(nameOf(kek))
    return Promise.resolve()
  },
  requests: () => fake.decrypts,
  setFault: (fault) => {
    fake.fault = fault
  },
})

test('the checksum is that of the published example', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
})

describe('Google KMS', () => {
  const context = Buffer.from('subject-7')
  const key = randomBytes(32)
  let keys: TestIntermediateKeys
  let kek: Kek
  let count = 0

  beforeAll(async () => {
    keys = await openIntermediateKeys()
  })

  afterEach(() => {
    fake.corrupts = 'nothing'
  })

  afterAll(() => keys.close())

  async function open(): Promise<KeyProvider> {
    count += 1
    kek = { keyType: `GOOGLE_${count}`, purpose: 'REVEAL' }
    fake.createKey(nameOf(kek))
    const provider = create(keys.store)
    await provider.prepare([kek])
    return provider
  }

  test.each(['requests', 'answers'] as const)(
    'stores no key when %s were changed on their way',
    async (what) => {
      const provider = await open()
      fake.corrupts = what
      await expect(provider.wrap(kek, [{ tenant: 'acme', context, key }])).rejects.toMatchObject({
        code: 'KEY_UNAVAILABLE',
      })
      expect(await keys.store.find(kek, ['acme', ''])).toEqual([])
      await provider.close()
    },
  )

  test('takes a key that was changed on its way for unavailable, not for lost', async () => {
    const provider = await open()
    const [outcome] = await provider.wrap(kek, [{ tenant: 'acme', context, key }])
    if (outcome?.ok !== true) throw new Error('not wrapped')
    const cold = create(keys.store)
    await cold.prepare([kek])
    fake.corrupts = 'answers'
    const unwrapping = [{ tenant: 'acme', context, wrapped: outcome.bytes }]
    await expect(cold.unwrap(kek, unwrapping)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
    fake.corrupts = 'nothing'
    expect(await cold.unwrap(kek, unwrapping)).toEqual([{ ok: true, bytes: key }])
    await Promise.all([provider.close(), cold.close()])
  })

  test('opens what older primary versions wrapped', async () => {
    const provider = await open()
    const [outcome] = await provider.wrap(kek, [{ tenant: 'acme', context, key }])
    if (outcome?.ok !== true) throw new Error('not wrapped')
    fake.createKey(nameOf(kek))
    const cold = create(keys.store)
    await cold.prepare([kek])
    const unwrapping = [{ tenant: 'acme', context, wrapped: outcome.bytes }]
    expect(await cold.unwrap(kek, unwrapping)).toEqual([{ ok: true, bytes: key }])
    await Promise.all([provider.close(), cold.close()])
  })

  test('refuses a key of another purpose, and one whose primary version is disabled', async () => {
    const provider = await open()
    const signing: Kek = { keyType: 'SIGNING', purpose: 'REVEAL' }
    fake.createKey(nameOf(signing), { purpose: 'ASYMMETRIC_SIGN' })
    await expect(provider.prepare([signing])).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' })
    const disabled: Kek = { keyType: 'DISABLED', purpose: 'REVEAL' }
    fake.createKey(nameOf(disabled), { state: 'DISABLED' })
    await expect(provider.prepare([disabled])).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
    await provider.close()
  })
})
