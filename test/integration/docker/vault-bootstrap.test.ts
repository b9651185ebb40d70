import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Kek, KeyProvider } from '../../../src/crypto/key-provider.ts'
import { createKeyProvider } from '../../../src/kms/index.ts'
import { vaultPolicies } from '../../../src/kms/vault/policies.ts'
import { unwrapOne, wrapOne } from '../../suites/key-provider.suite.ts'
import { callVault, dataOf, describeOnVault, vaultBinary } from '../../support/test-vault.ts'
import type { TestVault } from '../../support/test-vault.ts'
import { VaultServer } from '../../support/vault-server.ts'

const docker = new URL('../../../docker/vault/', import.meta.url)
const context = Buffer.from('tenant-1/customer-7')
const keks: readonly Kek[] = (['FINANCIAL', 'PII'] as const).flatMap((keyType) =>
  (['REVEAL', 'MASK', 'INDEX'] as const).map((purpose) => ({ keyType, purpose })),
)

describeOnVault('the Vault of docker compose', () => {
  let folder: string
  let server: VaultServer

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealgate-bootstrap-'))
    await mkdir(join(folder, 'bin'))
    await symlink(vaultBinary(), join(folder, 'bin', 'vault'))
    const shipped = await readFile(new URL('vault.hcl', docker), 'utf8')
    server = await VaultServer.launch(folder, (storage, address, clusterAddress) =>
      shipped
        .replace('"/vault/file"', `"${storage}"`)
        .replace('"0.0.0.0:8200"', `"${address}"`)
        .replace('"http://vault:8200"', `"http://${address}"`)
        .replaceAll('127.0.0.1:8201', clusterAddress),
    )
    await runBootstrap()
  }, 60_000)

  afterAll(async () => {
    await server.kill()
    await rm(folder, { recursive: true })
  })

  async function runBootstrap(): Promise<string> {
    const { stderr, stdout } = await promisify(execFile)(
      '/bin/sh',
      [new URL('bootstrap.sh', docker).pathname],
      {
        env: {
          PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}`,
          HOME: folder,
          VAULT_ADDR: server.vault.address,
          VAULT_KEYS_DIR: join(folder, 'keys'),
          GATEWAY_CREDENTIALS_DIR: join(folder, 'gateway'),
        },
      },
    )
    return stdout + stderr
  }

  async function readInit(label: string): Promise<string> {
    const text = await readFile(join(folder, 'keys', 'init.txt'), 'utf8')
    return new RegExp(`^${label}: (.+)$`, 'm').exec(text)?.[1] ?? ''
  }

  async function rootVault(): Promise<TestVault> {
    return { address: server.vault.address, token: await readInit('Initial Root Token') }
  }

  function createProvider(
    roleId: string | { readonly file: string },
    secretId: string | { readonly file: string },
  ) {
    return createKeyProvider({
      provider: 'vault',
      address: server.vault.address,
      auth: { method: 'approle', roleId, secretId },
    })
  }

  function createGatewayProvider(): KeyProvider {
    return createProvider(
      { file: join(folder, 'gateway', 'role_id') },
      { file: join(folder, 'gateway', 'secret_id') },
    )
  }

  test('lets the gateway wrap and unwrap with every key of the shipped schema', async () => {
    const provider = createGatewayProvider()
    await provider.prepare(keks)
    await provider.check()
    for (const kek of keks) {
      const key = randomBytes(32)
      expect(await unwrapOne(provider, kek, context, await wrapOne(provider, kek, context, key))).toEqual({
        ok: true,
        bytes: key,
      })
    }
    await provider.close()
  })

  test('lets the gateway do nothing else', async () => {
    const credentials = await Promise.all(
      ['role_id', 'secret_id'].map((name) => readFile(join(folder, 'gateway', name), 'utf8')),
    )
    const login = await callVault({ ...server.vault, token: '' }, 'POST', 'auth/approle/login', {
      role_id: credentials[0]?.trim(),
      secret_id: credentials[1]?.trim(),
    })
    const { client_token: token, policies } = login.body.auth as { client_token: string; policies: string[] }
    expect(policies).toEqual(['sealgate-full'])
    const gateway = { ...server.vault, token }
    const denied = [
      callVault(gateway, 'POST', 'transit/encrypt/sealgate-pii-reveall', {
        plaintext: 'AA==',
        context: 'AA==',
      }),
      callVault(gateway, 'POST', 'transit/keys/sealgate-pii-extra', { derived: true }),
      callVault(gateway, 'POST', 'transit/keys/sealgate-pii-reveal/config', { deletion_allowed: true }),
      callVault(gateway, 'POST', 'transit/keys/sealgate-pii-reveal/rotate'),
      callVault(gateway, 'DELETE', 'transit/keys/sealgate-pii-reveal'),
      callVault(gateway, 'GET', 'transit/export/encryption-key/sealgate-pii-reveal'),
      callVault(gateway, 'GET', 'transit/backup/sealgate-pii-reveal'),
      callVault(gateway, 'GET', 'sys/policies/acl/sealgate-full'),
      callVault(gateway, 'POST', 'auth/approle/role/sealgate-full/secret-id'),
    ]
    expect((await Promise.all(denied)).map(({ status }) => status)).toEqual(denied.map(() => 403))
  })

  test('has a policy under which only masks can be unwrapped', async () => {
    const vault = await rootVault()
    const role = 'auth/approle/role/sealgate-mask-only'
    const { role_id: roleId } = dataOf(await callVault(vault, 'GET', `${role}/role-id`))
    const { secret_id: secretId } = dataOf(await callVault(vault, 'POST', `${role}/secret-id`))
    const full = createGatewayProvider()
    const masked = createProvider(String(roleId), String(secretId))
    await Promise.all([full.prepare(keks), masked.prepare(keks.filter(({ purpose }) => purpose === 'MASK'))])
    await masked.check()
    for (const kek of keks) {
      const key = randomBytes(32)
      const unwrapped = unwrapOne(masked, kek, context, await wrapOne(full, kek, context, key))
      if (kek.purpose === 'MASK') expect(await unwrapped).toEqual({ ok: true, bytes: key })
      else await expect(unwrapped).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
      await expect(wrapOne(masked, kek, context, key)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
    }
    await Promise.all([full.close(), masked.close()])
  })

  test('has a policy under which KEKs are rotated, data keys rewrapped and old versions trimmed', async () => {
    const vault = await rootVault()
    const role = 'auth/approle/role/sealgate-operator'
    const { role_id: roleId } = dataOf(await callVault(vault, 'GET', `${role}/role-id`))
    const { secret_id: secretId } = dataOf(await callVault(vault, 'POST', `${role}/secret-id`))
    const gateway = createGatewayProvider()
    const operator = createProvider(String(roleId), String(secretId))
    await Promise.all([gateway.prepare(keks), operator.prepare(keks)])
    for (const kek of keks) {
      const key = randomBytes(32)
      const wrapped = await wrapOne(gateway, kek, context, key)
      for (const call of [
        () => gateway.rotate(kek),
        () => gateway.rewrap(kek, [{ context, wrapped }]),
        () => gateway.trim(kek, 1),
      ]) {
        await expect(call()).rejects.toMatchObject({
          code: expect.stringMatching(/^(CONFIGURATION|KEY_UN)/) as unknown,
        })
      }
      expect(await operator.rotate(kek)).toMatchObject({ newest: 2 })
      const [rewrapped] = await operator.rewrap(kek, [{ context, wrapped }])
      if (rewrapped?.ok !== true) throw new Error('not rewrapped')
      await operator.trim(kek, 2)
      expect(await unwrapOne(gateway, kek, context, rewrapped.bytes)).toEqual({ ok: true, bytes: key })
      expect(await unwrapOne(gateway, kek, context, wrapped)).toMatchObject({ ok: false })
    }
    const login = await callVault({ ...server.vault, token: '' }, 'POST', 'auth/approle/login', {
      role_id: roleId,
      secret_id: secretId,
    })
    const { client_token: token } = login.body.auth as { client_token: string }
    const denied = [
      callVault({ ...vault, token }, 'POST', 'transit/keys/sealgate-pii-reveal/config', {
        deletion_allowed: true,
      }),
      callVault({ ...vault, token }, 'DELETE', 'transit/keys/sealgate-pii-reveal'),
      callVault({ ...vault, token }, 'GET', 'transit/export/encryption-key/sealgate-pii-reveal'),
    ]
    expect((await Promise.all(denied)).map(({ status }) => status)).toEqual(denied.map(() => 403))
    await Promise.all([gateway.close(), operator.close()])
  }, 60_000)
  test('has the policies that sealgate vault init prints', async () => {
    const vault = await rootVault()
    const printed = vaultPolicies({ mountPath: 'transit', keyPrefix: 'sealgate' }, [
      'AUDIT_LOG',
      'FINANCIAL',
      'PII',
    ])
    for (const [kind, text] of Object.entries(printed)) {
      const { policy } = dataOf(await callVault(vault, 'GET', `sys/policies/acl/sealgate-${kind}`))
      expect(String(policy).trim()).toBe(text.trim())
    }
  })

  test('keeps keys and credentials when it runs again, and unseals after a restart', async () => {
    const key = randomBytes(32)
    const [kek] = keks
    if (kek === undefined) throw new Error('no KEK')
    const before = createGatewayProvider()
    await before.prepare(keks)
    const wrapped = await wrapOne(before, kek, context, key)
    await before.close()
    const files = ['keys/init.txt', 'gateway/role_id', 'gateway/secret_id'].map((name) => join(folder, name))
    const contents = await Promise.all(files.map((file) => readFile(file, 'utf8')))
    await runBootstrap()
    await server.kill()
    await server.start()
    await runBootstrap()
    expect(await Promise.all(files.map((file) => readFile(file, 'utf8')))).toEqual(contents)
    const after = createGatewayProvider()
    await after.prepare(keks)
    expect(await unwrapOne(after, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
    await after.close()
  }, 60_000)

  test('gives the gateway a new secret_id when its old one is not known any more', async () => {
    const path = join(folder, 'gateway', 'secret_id')
    await rm(path)
    await writeFile(path, 'of-another-vault')
    await runBootstrap()
    const provider = createGatewayProvider()
    await provider.prepare(keks)
    await provider.check()
    await provider.close()
  })

  test('says loudly what it is not, prints no secret, and keeps its files to their readers', async () => {
    const output = await runBootstrap()
    expect(output).toMatch(/A real installation instead/)
    for (const label of ['Unseal Key 1', 'Initial Root Token']) {
      const secret = await readInit(label)
      expect(secret.length).toBeGreaterThan(20)
      expect(output).not.toContain(secret)
    }
    const modes = ['keys/init.txt', 'gateway/role_id', 'gateway/secret_id'].map(async (name) => {
      return ((await stat(join(folder, name))).mode & 0o777).toString(8)
    })
    expect(await Promise.all(modes)).toEqual(['600', '440', '440'])
  })

  test('stops where the keys of an initialised Vault were lost', async () => {
    const path = join(folder, 'keys', 'init.txt')
    const init = await readFile(path)
    await rm(path)
    await expect(runBootstrap()).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/is gone/) as unknown,
    })
    await writeFile(path, init, { mode: 0o600 })
  })
})
