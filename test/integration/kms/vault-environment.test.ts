import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals'
import type { Kek, KeyProvider } from '../../../src/crypto/key-provider.ts'
import { createKeyProvider } from '../../../src/kms/index.ts'
import type { VaultOptions } from '../../../src/kms/index.ts'
import { unwrapOne, wrapOne } from '../../suites/key-provider.suite.ts'
import { createAppRole, describeOnVault } from '../../support/test-vault.ts'
import { VaultServer } from '../../support/vault-server.ts'

const kek: Kek = { keyType: 'PII', purpose: 'REVEAL' }
const context = Buffer.from('tenant-1/customer-7')
const key = randomBytes(32)
const unavailable = { code: 'KEY_UNAVAILABLE' }
const hostile = {
  VAULT_SKIP_VERIFY: 'true',
  VAULT_TOKEN: 'hvs.not-this-one',
  VAULT_ADDR: 'http://127.0.0.1:1',
  VAULT_NAMESPACE: 'not-this-one',
  VAULT_PREFIX: '/not-this-one',
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  http_proxy: 'http://127.0.0.1:1',
  https_proxy: 'http://127.0.0.1:1',
  DEBUG: '*',
  NODE_DEBUG: 'http,https,undici,net',
}

describeOnVault('over TLS, in an environment that asks for the contrary', () => {
  const opened: KeyProvider[] = []
  let folder: string
  let server: VaultServer
  let printed: string[]

  // Before anything loads the libraries, which read some of these when they are loaded.
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealgate-vault-'))
    server = await VaultServer.create(folder, { tls: true })
    for (const [name, value] of Object.entries(hostile)) process.env[name] = value
  }, 60_000)

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((provider) => provider.close()))
  })

  afterAll(async () => {
    for (const name of Object.keys(hostile)) Reflect.deleteProperty(process.env, name)
    await server.kill()
    await rm(folder, { recursive: true })
  })

  function createProvider(options: Partial<VaultOptions> = {}): KeyProvider {
    const { address, token, caCertificate } = server.vault
    const provider = createKeyProvider({
      provider: 'vault',
      address,
      auth: { method: 'token', token },
      ...(caCertificate === undefined ? {} : { caCertificate }),
      ...options,
    })
    opened.push(provider)
    return provider
  }

  async function recordOutput(work: () => Promise<unknown>): Promise<void> {
    printed = []
    const spies = [process.stderr, process.stdout].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation((chunk) => {
        printed.push(String(chunk))
        return true
      }),
    )
    try {
      await work()
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
  }

  test('trusts the given authority alone', async () => {
    const provider = createProvider()
    await provider.prepare([kek])
    await provider.check()
    expect(await unwrapOne(provider, kek, context, await wrapOne(provider, kek, context, key))).toEqual({
      ok: true,
      bytes: key,
    })
  })

  test('refuses a certificate of an unknown authority, and one of another name', async () => {
    const { address, token, caCertificate } = server.vault
    const auth = { method: 'token', token } as const
    const unknown = createKeyProvider({ provider: 'vault', address, auth })
    const misnamed = createProvider({ address: address.replace('localhost', '127.0.0.1') })
    opened.push(unknown)
    expect(caCertificate).toContain('BEGIN CERTIFICATE')
    await expect(unknown.prepare([kek])).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringMatching(/UNABLE_TO_VERIFY|SELF_SIGNED/) as unknown,
    })
    await expect(misnamed.prepare([kek])).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('ALTNAME') as unknown,
    })
  })

  test('prints neither credentials nor keys, where node-vault alone would', async () => {
    const { roleId, secretId, mountPath } = await createAppRole(server.vault, {
      policy: 'path "transit/*" { capabilities = ["read", "update"] }',
    })
    await createProvider().prepare([kek])
    const provider = createProvider({ auth: { method: 'approle', roleId, secretId, mountPath } })
    const shown: unknown[] = []
    await recordOutput(async () => {
      await provider.prepare([kek])
      const wrapped = await wrapOne(provider, kek, context, key)
      await unwrapOne(provider, kek, context, wrapped)
      await provider.unwrap(kek, [{ context: Buffer.from('another'), wrapped }]).then((outcomes) => {
        shown.push(outcomes)
      })
      await provider.check()
    })
    const output = printed.join('') + inspect(shown, { depth: 9 })
    for (const secret of [roleId, secretId, key.toString('base64'), key.toString('hex')]) {
      expect(output).not.toContain(secret)
    }
    await recordOutput(async () => {
      const { default: createNodeVault } = await import('node-vault')
      const bare = createNodeVault({ endpoint: 'http://127.0.0.1:1', token: 'none' })
      await bare.approleLogin({ role_id: roleId, secret_id: secretId }).catch(() => undefined)
    })
    expect(printed.join('')).toContain(secretId)
  })
})
