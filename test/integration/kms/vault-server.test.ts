import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Kek, KeyProvider } from '../../../src/crypto/key-provider.ts'
import { createKeyProvider } from '../../../src/kms/index.ts'
import type { VaultOptions } from '../../../src/kms/index.ts'
import { unwrapOne, wrapOne } from '../../suites/key-provider.suite.ts'
import { callVault, describeOnVault } from '../../support/test-vault.ts'
import { VaultServer } from '../../support/vault-server.ts'

const kek: Kek = { keyType: 'PII', purpose: 'REVEAL' }
const context = Buffer.from('tenant-1/customer-7')
const key = randomBytes(32)
const unavailable = { code: 'KEY_UNAVAILABLE' }
describeOnVault('on a Vault of its own', () => {
  const opened: KeyProvider[] = []
  let folder: string
  let server: VaultServer

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealgate-vault-'))
    server = await VaultServer.create(folder)
  }, 60_000)

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((provider) => provider.close()))
  })

  afterAll(async () => {
    await server.kill()
    await rm(folder, { recursive: true })
  })

  function createProvider(options: Partial<VaultOptions> = {}): KeyProvider {
    const { address, token } = server.vault
    const provider = createKeyProvider({
      provider: 'vault',
      address,
      auth: { method: 'token', token },
      ...options,
    })
    opened.push(provider)
    return provider
  }

  test('is unavailable while Vault is sealed, and works again after', async () => {
    const provider = createProvider()
    await provider.prepare([kek])
    const wrapped = await wrapOne(provider, kek, context, key)
    await server.seal()
    await expect(wrapOne(provider, kek, context, key)).rejects.toMatchObject(unavailable)
    await expect(unwrapOne(provider, kek, context, wrapped)).rejects.toMatchObject(unavailable)
    await expect(provider.check()).rejects.toMatchObject(unavailable)
    const late = createProvider()
    await expect(late.prepare([kek])).rejects.toMatchObject(unavailable)
    await server.unseal()
    expect(await unwrapOne(provider, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
    await late.prepare([kek])
    expect(await unwrapOne(late, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
    await provider.check()
  })

  test('is unavailable while Vault is dead, and finds the same keys when it is back', async () => {
    const provider = createProvider()
    await provider.prepare([kek])
    const wrapped = await wrapOne(provider, kek, context, key)
    await server.kill()
    await expect(unwrapOne(provider, kek, context, wrapped)).rejects.toMatchObject({
      ...unavailable,
      message: 'Vault did not answer: ECONNREFUSED.',
    })
    await expect(provider.check()).rejects.toMatchObject(unavailable)
    await expect(createProvider().prepare([kek])).rejects.toMatchObject(unavailable)
    await server.start()
    await server.unseal()
    expect(await unwrapOne(provider, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
  })

  test('tells a key that is gone from one that does not open', async () => {
    const provider = createProvider({ keyPrefix: 'gone' })
    await provider.prepare([kek])
    const wrapped = await wrapOne(provider, kek, context, key)
    const path = 'transit/keys/gone-pii-reveal'
    await callVault(server.vault, 'POST', `${path}/config`, { deletion_allowed: true })
    await callVault(server.vault, 'DELETE', path)
    await expect(unwrapOne(provider, kek, context, wrapped)).rejects.toMatchObject(unavailable)
  })
})
