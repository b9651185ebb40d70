import { randomBytes, randomInt } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Kek, KeyProvider } from '../../../src/crypto/key-provider.ts'
import { createKeyProvider } from '../../../src/kms/index.ts'
import type { VaultOptions } from '../../../src/kms/index.ts'
import { describeKeyProvider, unwrapOne, wrapOne } from '../../suites/key-provider.suite.ts'
import {
  callVault,
  createAppRole,
  createToken,
  dataOf,
  describeOnVault,
  sharedVault,
} from '../../support/test-vault.ts'

const reveal: Kek = { keyType: 'PII', purpose: 'REVEAL' }
const mask: Kek = { keyType: 'PII', purpose: 'MASK' }
const context = Buffer.from('tenant-1/customer-7')
const mountPath = `kms-${crypto.randomUUID()}`

describeOnVault('on the shared Vault', () => {
  const opened: KeyProvider[] = []

  function createProvider(options: Partial<VaultOptions> = {}): KeyProvider {
    const { address, token } = sharedVault()
    const auth = { method: 'token', token } as const
    const provider = createKeyProvider({ provider: 'vault', address, auth, mountPath, ...options })
    opened.push(provider)
    return provider
  }

  /** Lines of a policy for keys of the default prefix. */
  function policyFor(rights: Readonly<Record<string, readonly string[]>>): string {
    return Object.entries(rights)
      .map(
        ([path, capabilities]) =>
          `path "${mountPath}/${path}" { capabilities = ${JSON.stringify(capabilities)} }`,
      )
      .join('\n')
  }

  const leastPrivilege = policyFor({
    'keys/sealgate-pii-reveal': ['read'],
    'encrypt/sealgate-pii-reveal': ['update'],
    'decrypt/sealgate-pii-reveal': ['update'],
  })

  beforeAll(() => createProvider().prepare([reveal, mask]))

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((provider) => provider.close()))
  })

  describeKeyProvider('vault', {
    create() {
      const { address, token } = sharedVault()
      return createKeyProvider({ provider: 'vault', address, auth: { method: 'token', token }, mountPath })
    },
  })

  test('mounts the engine and makes keys that are derived and stay in Vault', async () => {
    const key = dataOf(await callVault(sharedVault(), 'GET', `${mountPath}/keys/sealgate-pii-reveal`))
    expect(key).toMatchObject({
      type: 'aes256-gcm96',
      derived: true,
      exportable: false,
      convergent_encryption: false,
      deletion_allowed: false,
      allow_plaintext_backup: false,
    })
  })

  test('stores what Vault answers: a prefix, the KEK version and base64', async () => {
    const provider = createProvider()
    await provider.prepare([reveal])
    const wrapped = await wrapOne(provider, reveal, context, randomBytes(32))
    expect(wrapped.toString('latin1')).toMatch(/^vault:v1:[A-Za-z0-9+/]{80}$/)
  })

  test('opens keys of older KEK versions, until their version is disabled', async () => {
    const kek: Kek = { keyType: `ROTATED_${randomInt(2 ** 32)}`, purpose: 'REVEAL' }
    const path = `${mountPath}/keys/sealgate-${kek.keyType.toLowerCase().replace('_', '-')}-reveal`
    const provider = createProvider()
    await provider.prepare([kek])
    const key = randomBytes(32)
    const first = await wrapOne(provider, kek, context, key)
    await callVault(sharedVault(), 'POST', `${path}/rotate`)
    const second = await wrapOne(provider, kek, context, key)
    expect(second.toString('latin1')).toMatch(/^vault:v2:/)
    expect(await unwrapOne(provider, kek, context, first)).toEqual({ ok: true, bytes: key })
    await callVault(sharedVault(), 'POST', `${path}/config`, { min_decryption_version: 2 })
    const unavailable = { ok: false, reason: 'UNAVAILABLE' }
    expect(await unwrapOne(provider, kek, context, first)).toEqual(unavailable)
    expect(
      await provider.unwrap(kek, [
        { context, wrapped: first },
        { context, wrapped: second },
        { context: Buffer.from('another'), wrapped: second },
      ]),
    ).toEqual([unavailable, { ok: true, bytes: key }, { ok: false, reason: 'INVALID' }])
  })

  test.each([
    ['not derived', { derived: false }, 'derived must be true'],
    ['convergent', { derived: true, convergent_encryption: true }, 'convergent_encryption must be false'],
    ['exportable', { derived: true, exportable: true }, 'exportable must be false'],
    ['of another type', { derived: true, type: 'chacha20-poly1305' }, 'type must be aes256-gcm96'],
  ])('refuses an existing key that is %s', async (_, settings, problem) => {
    const keyPrefix = `odd${randomInt(2 ** 32)}`
    await callVault(sharedVault(), 'POST', `${mountPath}/keys/${keyPrefix}-pii-reveal`, settings)
    await expect(createProvider({ keyPrefix }).prepare([reveal])).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining(problem) as unknown,
    })
  })

  test('gives every key type and purpose a key of its own', async () => {
    const keyPrefix = `names${randomInt(2 ** 32)}`
    const keyTypes = ['A', 'A_B', 'AB', 'A__B', 'A_B_', 'A_REVEAL', 'A_MASK']
    const keks = keyTypes.flatMap((keyType): Kek[] => [
      { keyType, purpose: 'REVEAL' },
      { keyType, purpose: 'MASK' },
    ])
    await createProvider({ keyPrefix }).prepare(keks)
    const { keys } = dataOf(await callVault(sharedVault(), 'LIST', `${mountPath}/keys`))
    const own = (keys as readonly string[]).filter((name) => name.startsWith(`${keyPrefix}-`))
    expect(own).toHaveLength(keks.length)
  })

  test('logs in by AppRole under the least policy, and needs no right to create', async () => {
    const {
      roleId,
      secretId,
      mountPath: mounted,
    } = await createAppRole(sharedVault(), { policy: leastPrivilege })
    const provider = createProvider({ auth: { method: 'approle', roleId, secretId, mountPath: mounted } })
    await provider.prepare([reveal])
    await provider.check()
    const key = randomBytes(32)
    const wrapped = await wrapOne(provider, reveal, context, key)
    expect(await unwrapOne(provider, reveal, context, wrapped)).toEqual({ ok: true, bytes: key })
  })

  test('reads credentials from files, again at each login', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sealgate-vault-'))
    const {
      roleId,
      secretId,
      mountPath: mounted,
    } = await createAppRole(sharedVault(), { policy: leastPrivilege })
    const files = { roleId: { file: join(folder, 'role-id') }, secretId: { file: join(folder, 'secret-id') } }
    await writeFile(files.roleId.file, `${roleId}\n`)
    const provider = createProvider({ auth: { method: 'approle', ...files, mountPath: mounted } })
    await expect(provider.prepare([reveal])).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
    await writeFile(files.secretId.file, 'not-the-secret\n')
    await expect(provider.prepare([reveal])).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: expect.stringContaining('approle login (status 400)') as unknown,
    })
    await writeFile(files.secretId.file, `${secretId}\n`)
    await provider.prepare([reveal])
    await provider.check()
    await rm(folder, { recursive: true })
  })

  test('names the missing key, and the line its policy lacks to make it', async () => {
    const keyPrefix = `missing${randomInt(2 ** 32)}`
    const path = `keys/${keyPrefix}-pii-reveal`
    const blind = await createToken(sharedVault(), { policy: leastPrivilege })
    await expect(
      createProvider({ keyPrefix, auth: { method: 'token', token: blind } }).prepare([reveal]),
    ).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining(`path "${mountPath}/${path}" { capabilities = ["read"] }`) as unknown,
    })
    const reader = await createToken(sharedVault(), { policy: policyFor({ [path]: ['read'] }) })
    await expect(
      createProvider({ keyPrefix, auth: { method: 'token', token: reader } }).prepare([reveal]),
    ).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining(
        `path "${mountPath}/${path}" { capabilities = ["create", "update"] }`,
      ) as unknown,
    })
  })

  test('never makes a key by wrapping with it, even where the policy would', async () => {
    const keyPrefix = `typo${randomInt(2 ** 32)}`
    const provider = createProvider({ keyPrefix })
    await provider.prepare([reveal])
    const typo: Kek = { keyType: 'PIII', purpose: 'REVEAL' }
    await expect(provider.wrap(typo, [{ context, key: randomBytes(32) }])).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
    })
    const { status } = await callVault(sharedVault(), 'GET', `${mountPath}/keys/${keyPrefix}-piii-reveal`)
    expect(status).toBe(404)
  })

  test('cannot unwrap REVEAL keys under a policy for masks, and says so as unavailable', async () => {
    const key = randomBytes(32)
    const full = createProvider()
    await full.prepare([reveal, mask])
    const wrapped = {
      reveal: await wrapOne(full, reveal, context, key),
      mask: await wrapOne(full, mask, context, key),
    }
    const token = await createToken(sharedVault(), {
      policy: policyFor({ 'keys/*': ['read'], 'decrypt/sealgate-pii-mask': ['update'] }),
    })
    const masked = createProvider({ auth: { method: 'token', token } })
    await masked.prepare([reveal, mask])
    await masked.check()
    expect(await unwrapOne(masked, mask, context, wrapped.mask)).toEqual({ ok: true, bytes: key })
    await expect(unwrapOne(masked, reveal, context, wrapped.reveal)).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: 'Vault answered 403 to decrypt with sealgate-pii-reveal.',
    })
    await expect(wrapOne(masked, mask, context, key)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
  })

  test('is not ready when its policy lets it decrypt with nothing', async () => {
    const token = await createToken(sharedVault(), { policy: policyFor({ 'keys/*': ['read'] }) })
    const provider = createProvider({ auth: { method: 'token', token } })
    await provider.prepare([reveal])
    await expect(provider.check()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
  })

  test('keeps a token of two seconds alive by renewing it', async () => {
    const token = await createToken(sharedVault(), { policy: leastPrivilege, ttl: '2s' })
    const provider = createProvider({ auth: { method: 'token', token } })
    await provider.prepare([reveal])
    await pause(5_000)
    await wrapOne(provider, reveal, context, randomBytes(32))
    await provider.close()
    await pause(2_500)
    expect((await callVault({ ...sharedVault(), token }, 'GET', 'auth/token/lookup-self')).status).toBe(403)
  })

  test('logs in again when a token has reached its greatest life', async () => {
    const {
      roleId,
      secretId,
      mountPath: mounted,
    } = await createAppRole(sharedVault(), {
      policy: leastPrivilege,
      ttl: '2s',
      maximumTtl: '3s',
    })
    const provider = createProvider({ auth: { method: 'approle', roleId, secretId, mountPath: mounted } })
    await provider.prepare([reveal])
    const end = Date.now() + 7_000
    while (Date.now() < end) {
      await pause(100)
      await wrapOne(provider, reveal, context, randomBytes(32))
    }
  })

  test('logs in again at once when its token was revoked, also under parallel calls', async () => {
    const {
      roleId,
      secretId,
      mountPath: mounted,
    } = await createAppRole(sharedVault(), { policy: leastPrivilege })
    const provider = createProvider({ auth: { method: 'approle', roleId, secretId, mountPath: mounted } })
    await provider.prepare([reveal])
    await callVault(sharedVault(), 'POST', `sys/leases/revoke-prefix/auth/${mounted}/login`)
    const wraps = Array.from({ length: 5 }, () => wrapOne(provider, reveal, context, randomBytes(32)))
    await Promise.all(wraps)
    await callVault(sharedVault(), 'POST', `sys/leases/revoke-prefix/auth/${mounted}/login`)
    await provider.check()
  })

  test('is unavailable once its only token was revoked', async () => {
    const token = await createToken(sharedVault(), { policy: leastPrivilege })
    const provider = createProvider({ auth: { method: 'token', token } })
    await provider.prepare([reveal])
    await callVault({ ...sharedVault(), token }, 'POST', 'auth/token/revoke-self')
    await expect(wrapOne(provider, reveal, context, randomBytes(32))).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
    })
    await expect(provider.check()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
  })
})
