import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import type { Kek } from '../../../src/crypto/key-provider.ts'
import { createKeyProvider } from '../../../src/kms/index.ts'
import { keyNameOf } from '../../../src/kms/key-name.ts'
import { FaultyProxy } from '../../support/faulty-proxy.ts'
import { openIntermediateKeys } from '../../support/intermediate-key-stores.ts'
import { describeKeyService } from '../../suites/key-service.suite.ts'

const named = (process.env.SEALGATE_TEST_SERVICES ?? '').split(',').includes('aws')
const describeOnAws = named ? describe : describe.skip

/** The AWS API server of SEALGATE_TEST_AWS_ENDPOINT, behind a proxy that can fail. */
describeOnAws('on an AWS API server', () => {
  const region = 'eu-west-1'
  let proxy: FaultyProxy
  let direct: KMSClient

  const aliasOf = (kek: Kek): string => `alias/${keyNameOf('sealgate', kek)}`

  async function createKey(
    kek: Kek,
    spec: 'SYMMETRIC_DEFAULT' | 'RSA_2048' = 'SYMMETRIC_DEFAULT',
  ): Promise<void> {
    const key = await direct.send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: 'ENCRYPT_DECRYPT' }))
    const alias = { AliasName: aliasOf(kek), TargetKeyId: key.KeyMetadata?.KeyId }
    await direct.send(new CreateAliasCommand(alias)).catch((error: unknown) => {
      if ((error as Error).name !== 'AlreadyExistsException') throw error
    })
  }

  beforeAll(async () => {
    const endpoint = process.env.SEALGATE_TEST_AWS_ENDPOINT
    if (endpoint === undefined) throw new Error('SEALGATE_TEST_AWS_ENDPOINT is not set')
    process.env.AWS_ACCESS_KEY_ID = 'test'
    process.env.AWS_SECRET_ACCESS_KEY = 'test-secret'
    proxy = await FaultyProxy.start(endpoint)
    direct = new KMSClient({ region, endpoint })
  })

  afterAll(async () => {
    direct.destroy()
    await proxy.close()
  })

  const create: Parameters<typeof describeKeyService>[1]['create'] = (store) =>
    createKeyProvider({ provider: 'aws-kms', region, endpoint: proxy.address, timeoutMs: 1_000 }, store)

  describeKeyService('aws-kms', {
    create,
    createKek: createKey,
    requests: () => proxy.requests.length,
    setFault: (fault) => {
      proxy.fault = fault
    },
  })

  test('refuses a key that is not for wrapping', async () => {
    const kek: Kek = { keyType: 'ASYMMETRIC', purpose: 'REVEAL' }
    await createKey(kek, 'RSA_2048')
    const keys = await openIntermediateKeys()
    const provider = create(keys.store)
    await expect(provider.prepare([kek])).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('must be SYMMETRIC_DEFAULT') as unknown,
    })
    await provider.close()
    await keys.close()
  })
})
