import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeAll, expect, test } from '@jest/globals'
import { exportSPKI, generateKeyPair, SignJWT } from 'jose'

import type { KeyProvider } from '../../../src/crypto/key-provider.ts'
import { createKeyProvider } from '../../../src/kms/index.ts'
import { vaultPolicies } from '../../../src/kms/vault/policies.ts'
import { unwrapOne, wrapOne } from '../../suites/key-provider.suite.ts'
import { callVault, describeOnVault, sharedVault } from '../../support/test-vault.ts'

const kek = { keyType: 'PII', purpose: 'REVEAL' } as const
const context = Buffer.from('tenant-1/customer-7')

/**
 * Vault's Kubernetes method asks the API server of a cluster about a token. Its JWT method takes the same request, role and
 * token, at the same path, and verifies the token by a key: it stands for the former here, on a real Vault.
 */
describeOnVault('the Kubernetes login', () => {
  const mountPath = `kubernetes-${crypto.randomUUID()}`
  const transit = `kms-${crypto.randomUUID()}`
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-kubernetes-'))
  const file = join(folder, 'token')
  const opened: KeyProvider[] = []
  let signToken: (account: string) => Promise<string>

  function createProvider(): KeyProvider {
    const provider = createKeyProvider({
      provider: 'vault',
      address: sharedVault().address,
      auth: { method: 'kubernetes', role: 'gateway', jwt: { file }, mountPath },
      mountPath: transit,
    })
    opened.push(provider)
    return provider
  }

  beforeAll(async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    signToken = (account) =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'ES256' })
        .setSubject(`system:serviceaccount:gateway:${account}`)
        .setAudience('vault')
        .setIssuedAt()
        .setExpirationTime('10m')
        .sign(privateKey)
    const vault = sharedVault()
    const { full } = vaultPolicies({ mountPath: transit, keyPrefix: 'sealgate' }, ['PII'])
    await callVault(vault, 'PUT', `sys/policies/acl/${transit}`, { policy: full })
    await callVault(vault, 'POST', `sys/mounts/${transit}`, { type: 'transit' })
    await callVault(vault, 'POST', `${transit}/keys/sealgate-pii-reveal`, { derived: true })
    await callVault(vault, 'POST', `sys/auth/${mountPath}`, { type: 'jwt' })
    await callVault(vault, 'POST', `auth/${mountPath}/config`, {
      jwt_validation_pubkeys: [await exportSPKI(publicKey)],
    })
    const role = await callVault(vault, 'POST', `auth/${mountPath}/role/gateway`, {
      role_type: 'jwt',
      user_claim: 'sub',
      bound_audiences: ['vault'],
      bound_subject: 'system:serviceaccount:gateway:sealgate',
      token_policies: [transit],
      token_ttl: '2s',
      token_max_ttl: '3s',
    })
    expect(role.status).toBeLessThan(300)
  })

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((provider) => provider.close()))
  })

  test('takes the role and the token in the file, and reads the file again at each login', async () => {
    writeFileSync(file, await signToken('another'))
    const provider = createProvider()
    await expect(provider.prepare([kek])).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: expect.stringContaining('kubernetes login (status 400)') as unknown,
    })
    writeFileSync(file, `${await signToken('sealgate')}\n`)
    await provider.prepare([kek])
    await provider.check()
    const end = Date.now() + 5_000
    while (Date.now() < end) {
      const key = randomBytes(32)
      const wrapped = await wrapOne(provider, kek, context, key)
      expect(await unwrapOne(provider, kek, context, wrapped)).toEqual({ ok: true, bytes: key })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })

  test('is unavailable without the file, and names it', async () => {
    rmSync(folder, { recursive: true, force: true })
    await expect(createProvider().prepare([kek])).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: expect.stringContaining(file) as unknown,
    })
  })
})
