import { mkdtempSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from '@jest/globals'

import { buildDist } from '../../support/build-dist.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { type CliEnvironment, runCli, runCliForJson } from '../../support/run-cli.ts'
import { describeOnVault } from '../../support/test-vault.ts'
import { VaultServer } from '../../support/vault-server.ts'

const admin = { roles: ['ADMIN'] }

describeOnVault('the fire drill: gateway, database and Vault are gone', () => {
  let root: string
  let vault: VaultServer | undefined
  let restored: VaultServer | undefined
  let gateway: TestGateway | undefined

  const folder = (name: string): string => {
    const path = join(root, name)
    mkdirSync(path)
    return path
  }
  const environmentOf = (server: VaultServer): CliEnvironment => ({
    SEALGATE_KEYS: 'vault',
    VAULT_ADDR: server.vault.address,
    VAULT_TOKEN: server.vault.token,
  })

  beforeAll(async () => {
    await buildDist()
    root = mkdtempSync(join(tmpdir(), 'sealgate-drill-'))
    vault = await VaultServer.create(folder('vault'))
    expect(await runCli(['vault', 'init'], environmentOf(vault))).toMatchObject({ status: 0 })
  }, 240_000)

  afterAll(async () => {
    await vault?.kill()
    await restored?.kill()
    rmSync(root, { recursive: true, force: true })
  })

  test('a snapshot of Vault, restored on another machine, and the two backups give everything back', async () => {
    if (vault === undefined) throw new Error('no vault')
    const { address, token } = vault.vault
    gateway = await createTestGateway({
      keys: { provider: 'vault', address, auth: { method: 'token', token } },
    })
    const inputs = Array.from({ length: 30 }, (_, index) => ({
      fullName: `Person ${index}`,
      email: `person${index}@example.com`,
      income: index,
    }))
    const mutation =
      'mutation ($inputs: [CustomerCreateInput!]!) { createCustomers(inputs: $inputs) { document { id } } }'
    expect((await gateway.ask(admin, mutation, { inputs })).errors).toEqual([])
    const environment = {
      ...environmentOf(vault),
      MONGODB_URI: gateway.uri,
      SEALGATE_DATABASE_NAME: gateway.database,
      SEALGATE_KEYS_DATABASE_NAME: `${gateway.database}_keys`,
    }
    const [documents, keys, out] = [join(root, 'documents'), join(root, 'keys'), join(root, 'clear')]
    expect(await runCli(['backup', 'documents', documents], environment)).toMatchObject({ status: 0 })
    expect(await runCli(['backup', 'keys', keys], environment)).toMatchObject({ status: 0 })
    const snapshot = await vault.snapshot()
    await gateway.close()
    await vault.kill()

    restored = await VaultServer.fromSnapshot(folder('restored'), snapshot, vault)
    const args = ['recover', '--documents', documents, '--keys', keys, '--out', out]
    const { status, json, stderr } = await runCliForJson(args, environmentOf(restored))
    expect({ status, stderr, failures: json.failures }).toEqual({ status: 0, stderr: '', failures: [] })
    const lines = readFileSync(join(out, 'customers.jsonl'), 'utf8').trim().split('\n')
    const people = lines.map((line) => JSON.parse(line) as (typeof inputs)[number])
    expect(people.map(({ fullName, email, income }) => ({ fullName, email, income }))).toEqual(
      expect.arrayContaining(inputs),
    )
    expect(people).toHaveLength(inputs.length)
  }, 120_000)

  test('another Vault with keys of the same names recovers nothing', async () => {
    const other = await VaultServer.create(folder('other'))
    try {
      expect(await runCli(['vault', 'init'], environmentOf(other))).toMatchObject({ status: 0 })
      const args = ['recover', '--documents', join(root, 'documents'), '--keys', join(root, 'keys')]
      const { status, stderr } = await runCli([...args, '--out', join(root, 'never')], environmentOf(other))
      expect(status).toBe(2)
      expect(stderr).toContain('KEYS_MISMATCH')
    } finally {
      await other.kill()
    }
  }, 60_000)
})
