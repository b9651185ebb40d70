import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from '@jest/globals'

import { createKeyProvider } from '../../../src/kms/index.ts'
import { buildDist } from '../../support/build-dist.ts'
import { type CliEnvironment, runCli, runCliForJson } from '../../support/run-cli.ts'
import { callVault, createToken, dataOf, describeOnVault, sharedVault } from '../../support/test-vault.ts'

interface Step {
  readonly what: string
  readonly name: string
  readonly state: string
}

describeOnVault('sealgate vault init', () => {
  const mount = `init-${crypto.randomUUID()}`
  const prefix = `init${process.pid}`
  let folder: string

  const environment = (token = sharedVault().token): CliEnvironment => ({
    VAULT_ADDR: sharedVault().address,
    VAULT_TOKEN: token,
    SEALGATE_VAULT_MOUNT: mount,
    SEALGATE_VAULT_PREFIX: prefix,
  })

  async function init(...args: string[]) {
    const { status, json } = await runCliForJson(['vault', 'init', ...args], environment())
    expect(status).toBe(0)
    return json as { readonly steps: readonly Step[]; readonly policies: Readonly<Record<string, string>> }
  }

  const statesOf = (steps: readonly Step[], what: string) => [
    ...new Set(steps.filter((step) => step.what === what).map(({ state }) => state)),
  ]

  beforeAll(async () => {
    await buildDist()
    folder = mkdtempSync(join(tmpdir(), 'sealgate-init-'))
  }, 180_000)

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  test('says what it would make without making anything, makes it, and then leaves it as it is', async () => {
    const dry = await init('--dry-run', '--write-policies')
    expect([statesOf(dry.steps, 'key'), statesOf(dry.steps, 'policy')]).toEqual([
      ['would be made'],
      ['would be written'],
    ])
    expect((await callVault(sharedVault(), 'GET', `sys/mounts/${mount}`)).status).toBe(400)
    expect((await callVault(sharedVault(), 'GET', `sys/policies/acl/${prefix}-full`)).status).toBe(404)

    const made = await init('--write-policies')
    expect([statesOf(made.steps, 'key'), statesOf(made.steps, 'policy')]).toEqual([['made'], ['written']])
    const { keys } = dataOf(await callVault(sharedVault(), 'LIST', `${mount}/keys`))
    expect(keys).toEqual(
      ['audit-log', 'financial', 'pii'].flatMap((type) =>
        ['index', 'mask', 'reveal'].map((purpose) => `${prefix}-${type}-${purpose}`),
      ),
    )
    for (const [name, text] of Object.entries(made.policies)) {
      expect(dataOf(await callVault(sharedVault(), 'GET', `sys/policies/acl/${name}`)).policy).toBe(text)
    }

    const again = await init('--write-policies')
    expect([statesOf(again.steps, 'key'), statesOf(again.steps, 'policy')]).toEqual([['exists'], ['exists']])
  })

  test('prints the policies, or puts each into a file of a folder', async () => {
    const printed = await runCli(['vault', 'init'], environment())
    expect(printed.stdout).toContain(`# Policy ${prefix}-mask-only: vault policy write ${prefix}-mask-only -`)
    const into = join(folder, 'policies')
    const { stdout } = await runCli(['vault', 'init', '--policies', into], environment())
    const names = ['full', 'mask-only', 'operator', 'write-only'].map((kind) => `${prefix}-${kind}.hcl`)
    expect(readdirSync(into).sort()).toEqual(names)
    for (const name of names) expect(printed.stdout).toContain(readFileSync(join(into, name), 'utf8'))
    expect(stdout).toContain(`vault policy write ${prefix}-full ${join(into, `${prefix}-full.hcl`)}`)
  })

  test('gives each kind the rights of its purposes, each path exactly, and nobody create on encrypt', async () => {
    const { policies } = await init()
    const uses = (kind: string): readonly string[] =>
      [...(policies[`${prefix}-${kind}`] ?? '').matchAll(/\/(encrypt|decrypt)\/\w+-pii-(\w+)"/g)].map(
        ([, use, purpose]) => `${String(use)} ${String(purpose)}`,
      )
    expect(uses('mask-only')).toEqual(['decrypt mask'])
    expect(uses('write-only')).toEqual(['encrypt reveal', 'encrypt mask', 'encrypt index', 'decrypt index'])
    expect(uses('operator')).toEqual(uses('full'))
    expect(uses('full')).toHaveLength(6)
    for (const text of Object.values(policies)) {
      expect(text).not.toContain('create')
      expect(text).not.toContain('*')
    }
  })

  test('lets the operator rotate and rewrap, and neither export a key nor let it be deleted', async () => {
    const { policies } = await init()
    const token = await createToken(sharedVault(), { policy: policies[`${prefix}-operator`] ?? '' })
    const operator = { ...sharedVault(), token }
    const key = `${mount}/keys/${prefix}-pii-reveal`
    expect((await callVault(operator, 'POST', `${key}/rotate`)).status).toBe(200)
    expect((await callVault(operator, 'POST', `${key}/config`, { deletion_allowed: true })).status).toBe(403)
    const exported = await callVault(operator, 'GET', `${mount}/export/encryption-key/${prefix}-pii-reveal`)
    expect(exported.status).toBe(403)
  })

  test('names the policy line that a token lacks, with status 2, and no secret', async () => {
    const token = await createToken(sharedVault(), {
      policy: `path "${mount}/keys/*" { capabilities = ["read"] }`,
    })
    const { status, stderr } = await runCli(['vault', 'init'], {
      ...environment(token),
      SEALGATE_VAULT_PREFIX: `${prefix}_more`,
    })
    expect(status).toBe(2)
    expect(stderr).toContain(`path "${mount}/keys/${prefix}_more-audit-log-reveal" { capabilities = [`)
    expect(stderr).not.toContain(token)
  })

  test('what it made is what a gateway accepts', async () => {
    const provider = createKeyProvider({
      provider: 'vault',
      address: sharedVault().address,
      auth: { method: 'token', token: sharedVault().token },
      mountPath: mount,
      keyPrefix: prefix,
    })
    await provider.prepare([{ keyType: 'PII', purpose: 'REVEAL' }])
    await provider.check()
    await provider.close()
  })
})
