import { constants, publicEncrypt, randomBytes } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { DataKey } from '../../../src/crypto/data-key.ts'
import type { IntermediateKeyStore } from '../../../src/crypto/intermediate-key-store.ts'
import type { Kek, KeyProvider } from '../../../src/crypto/key-provider.ts'
import { createAzureKeyVaultService } from '../../../src/kms/azure-key-vault/index.ts'
import { packSignedKey } from '../../../src/kms/azure-key-vault/signed-key.ts'
import { IntermediateKeyProvider } from '../../../src/kms/intermediate/provider.ts'
import { keyNameOf } from '../../../src/kms/key-name.ts'
import { FakeAzureKeyVault } from '../../support/fake-azure-key-vault.ts'
import { FaultyProxy } from '../../support/faulty-proxy.ts'
import { openIntermediateKeys, type TestIntermediateKeys } from '../../support/intermediate-key-stores.ts'
import { describeKeyService } from '../../suites/key-service.suite.ts'

let fake: FakeAzureKeyVault
let proxy: FaultyProxy

beforeAll(async () => {
  fake = await FakeAzureKeyVault.start()
  proxy = await FaultyProxy.start(fake.address)
})

afterAll(async () => {
  await proxy.close()
  await fake.close()
})

const nameOf = (kek: Kek): string => keyNameOf('sealgate', kek)
const credential = {
  getToken: () => Promise.resolve({ token: 'fake-token', expiresOnTimestamp: Date.now() + 3_600_000 }),
}

function create(store: IntermediateKeyStore): KeyProvider {
  const options = { provider: 'azure-key-vault', vaultUrl: proxy.address, timeoutMs: 1_000 } as const
  return new IntermediateKeyProvider(createAzureKeyVaultService(options, credential), store)
}

/** Of an operation on a key, not of what the SDK asks around it: the challenge, the key itself. */
function countUnwraps(): number {
  return proxy.requests.filter(({ url, headers }) => {
    return url?.includes('unwrapkey') === true && headers.authorization !== undefined
  }).length
}

describeKeyService('azure-key-vault', {
  create,
  createKek: (kek) => fake.createKey(nameOf(kek)),
  requests: countUnwraps,
  setFault: (fault) => {
    proxy.fault = fault
  },
})

describe('Azure Key Vault', () => {
  const context = Buffer.from('subject-7')
  let keys: TestIntermediateKeys
  let kek: Kek
  let count = 0

  beforeAll(async () => {
    keys = await openIntermediateKeys()
  })

  afterAll(() => keys.close())

  async function open(options = {}): Promise<KeyProvider> {
    count += 1
    kek = { keyType: `AZURE_${count}`, purpose: 'REVEAL' }
    await fake.createKey(nameOf(kek), options)
    return create(keys.store)
  }

  test('opens what older versions of its key wrapped, and wraps with the newest', async () => {
    const provider = await open()
    await provider.prepare([kek])
    const key = randomBytes(32)
    const [first] = await provider.wrap(kek, [{ tenant: 'acme', context, key }])
    await fake.createKey(nameOf(kek))
    await provider.rotate(kek)
    const [second] = await provider.wrap(kek, [{ tenant: 'acme', context, key }])
    const versions = (await keys.store.find(kek, ['acme'])).map(({ wrapped }) =>
      wrapped.toString('hex', 1, 17),
    )
    expect(new Set(versions).size).toBe(2)
    expect(versions).toContain(fake.publicKeyOf(nameOf(kek)).version)
    const cold = create(keys.store)
    await cold.prepare([kek])
    for (const outcome of [first, second]) {
      if (outcome?.ok !== true) throw new Error('not wrapped')
      const unwrapping = [{ tenant: 'acme', context, wrapped: outcome.bytes }]
      expect(await cold.unwrap(kek, unwrapping)).toEqual([{ ok: true, bytes: key }])
    }
    await Promise.all([provider.close(), cold.close()])
  })

  test('uses no intermediate key that somebody planted who has the public key and the database', async () => {
    const provider = await open()
    await provider.prepare([kek])
    await provider.wrap(kek, [{ context, key: randomBytes(32) }])
    const { version: keyVersion, publicKey } = fake.publicKeyOf(nameOf(kek))
    const known = DataKey.create()
    const ciphertext = publicEncrypt(
      { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
      known.rootForWrapping(),
    )
    const { keyId } = known
    const wrapped = packSignedKey({ keyVersion, ciphertext, signature: randomBytes(256) })
    await keys.store.insert({ ...kek, tenant: 'acme', version: 1, keyId, wrapped, createdAt: new Date() })
    const outcomes = await provider.wrap(kek, [{ tenant: 'acme', context, key: randomBytes(32) }])
    expect(outcomes).toEqual([{ ok: false, reason: 'INVALID' }])
    known.release()
    await provider.close()
  })

  test.each([
    [{ type: 'EC' }, 'type must be RSA'],
    [{ operations: ['wrapKey', 'unwrapKey'] }, 'operations lack sign'],
  ])('refuses a key of %j', async (options, problem) => {
    const provider = await open(options)
    await expect(provider.prepare([kek])).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining(problem) as unknown,
    })
    await provider.close()
  })

  test('opens masks where its role may unwrap and not sign, and makes no key there', async () => {
    const provider = await open()
    await provider.prepare([kek])
    const key = randomBytes(32)
    const [outcome] = await provider.wrap(kek, [{ tenant: 'acme', context, key }])
    if (outcome?.ok !== true) throw new Error('not wrapped')
    fake.denied.add('sign').add('wrapkey')
    const reader = create(keys.store)
    await reader.prepare([kek])
    const unwrapping = [{ tenant: 'acme', context, wrapped: outcome.bytes }]
    expect(await reader.unwrap(kek, unwrapping)).toEqual([{ ok: true, bytes: key }])
    await expect(reader.wrap(kek, [{ tenant: 'new', context, key }])).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: `Azure Key Vault did not wrap with ${nameOf(kek)}: Forbidden.`,
    })
    fake.denied.clear()
    await Promise.all([provider.close(), reader.close()])
  })
})
