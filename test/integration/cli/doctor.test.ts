import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, expect, test } from '@jest/globals'

import { buildDist } from '../../support/build-dist.ts'
import {
  type CliEnvironment,
  createDataFolder,
  runCli,
  runCliForJson,
  startGatewayCli,
} from '../../support/run-cli.ts'
import { callVault, createToken, describeOnVault, sharedVault } from '../../support/test-vault.ts'

interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'failure'
  readonly detail: string
  readonly fix?: string
}

const folders: string[] = []

function newData(): string {
  const data = createDataFolder()
  folders.push(dirname(data))
  return data
}

async function examine(data: string, environment: CliEnvironment = {}) {
  const { status, json } = await runCliForJson(['doctor', '--data', data], environment)
  const findings = json.findings as Finding[]
  const find = (check: string): Finding | undefined => findings.find((finding) => finding.check === check)
  return { status, ok: json.ok as boolean, findings, find }
}

beforeAll(async () => {
  await buildDist()
}, 180_000)

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

test('a fresh machine has no failure, and doctor leaves nothing behind on it', async () => {
  const data = newData()
  const { status, ok, findings, find } = await examine(data)
  expect({ status, ok }).toEqual({ status: 0, ok: true })
  expect(find('graphql')).toMatchObject({ state: 'ok', detail: expect.stringContaining('one copy') })
  expect(find('Field')?.detail).toMatch(/^[\d.]+ µs to encrypt, [\d.]+ µs to decrypt/)
  expect(find('Schema')).toMatchObject({ state: 'ok', detail: expect.stringContaining('3 models') })
  expect(find('Data folder')?.detail).toContain('made at the first start')
  const production = findings.filter(({ check }) => check === 'Production')
  expect(production.map(({ state }) => state)).toEqual(['warning', 'warning', 'warning'])
  expect((await runCli(['inspect', 'Customer', 'x', '--data', data])).stderr).toContain('There is no data')
})

test('beside a running gateway it asks the database of that one', async () => {
  const data = newData()
  const gateway = await startGatewayCli(['--data', data])
  try {
    const { status, find } = await examine(data)
    expect(status).toBe(0)
    expect(find('Database')?.detail).toMatch(/^embedded, as MongoDB [\d.]+, standalone$/)
    expect(find('Clock (database)')?.state).toBe('ok')
    expect(find('Keys')?.detail).toContain('the master key opens them')
  } finally {
    await gateway.stop()
  }
})

test('each failure has a fix, and the status is 1', async () => {
  const data = newData()
  await (await startGatewayCli(['--data', data])).stop()
  chmodSync(data, 0o755)
  rmSync(join(data, 'master-key'))
  writeFileSync(join(data, 'master-key'), Buffer.alloc(32, 7), { mode: 0o600 })
  const schema = join(data, 'schema')
  mkdirSync(schema)
  writeFileSync(join(schema, 'a.graphql'), 'type A @model { id: ID! }')
  const { status, ok, findings, find } = await examine(data, {
    SEALGATE_SCHEMA: schema,
    MONGODB_URI: 'mongodb://someone:a-password@127.0.0.1:9/',
  })
  expect({ status, ok }).toEqual({ status: 1, ok: false })
  expect(find('Schema')).toMatchObject({ state: 'failure', detail: expect.stringContaining('a.graphql:1') })
  expect(find('Data folder')).toMatchObject({ state: 'failure', fix: `chmod go= ${data}` })
  expect(find('Database')).toMatchObject({ state: 'failure' })
  expect(find('Keys')).toMatchObject({ state: 'failure' })
  for (const { state, fix } of findings) expect(fix === undefined).toBe(state === 'ok')
  expect(JSON.stringify(findings)).not.toContain('a-password')
})

test('a misspelt variable is a warning', async () => {
  const { find, findings } = await examine(newData(), { SEALGATE_MAX_PAGESIZE: '7', SEALGATE_SCHEMA: '' })
  expect(find('Configuration')).toMatchObject({ state: 'ok' })
  expect(findings.filter(({ detail }) => detail.includes('read by nothing'))).toMatchObject([
    {
      state: 'warning',
      detail: 'SEALGATE_MAX_PAGESIZE is read by nothing. Is SEALGATE_MAX_PAGE_SIZE meant?',
    },
  ])
})

test('in production every reason of a refusal is named at once', async () => {
  const { status, findings } = await examine(newData(), { NODE_ENV: 'production' })
  expect(status).toBe(1)
  const refusals = findings.filter(({ check }) => check === 'Configuration').map(({ detail }) => detail)
  for (const variable of ['MONGODB_URI', 'VAULT_ADDR', 'SEALGATE_JWT_PUBLIC_KEY_FILE'])
    expect(refusals).toContainEqual(expect.stringContaining(variable))
})

describeOnVault('on Vault', () => {
  const onVault = (token: string): CliEnvironment => ({
    VAULT_ADDR: sharedVault().address,
    VAULT_TOKEN: token,
    SEALGATE_VAULT_PREFIX: prefix,
  })
  const prefix = `doctor${process.pid}`
  const types = [
    'pii-reveal',
    'pii-mask',
    'pii-index',
    'financial-reveal',
    'financial-mask',
    'audit-log-reveal',
    'audit-log-index',
  ]
  const own = 'path "auth/token/lookup-self" { capabilities = ["read"] }'

  beforeAll(async () => {
    await callVault(sharedVault(), 'POST', 'sys/mounts/transit', { type: 'transit' })
    for (const name of types) {
      const path = `transit/keys/${prefix}-${name}`
      await callVault(sharedVault(), 'POST', path, { type: 'aes256-gcm96', derived: true })
    }
  })

  test('a token that may do what a gateway does is well, and its life is told', async () => {
    const policy = types.map((name) =>
      [
        `path "transit/keys/${prefix}-${name}" { capabilities = ["read"] }`,
        `path "transit/encrypt/${prefix}-${name}" { capabilities = ["update"] }`,
        `path "transit/decrypt/${prefix}-${name}" { capabilities = ["update"] }`,
      ].join('\n'),
    )
    const token = await createToken(sharedVault(), { policy: [own, ...policy].join('\n'), ttl: '2h' })
    const { status, findings, find } = await examine(newData(), onVault(token))
    expect(status).toBe(0)
    expect(find('Vault')).toMatchObject({ state: 'ok', detail: expect.stringMatching(/^1\.\d+/) })
    expect(find('Clock (vault)')?.state).toBe('ok')
    expect(find('Vault token')?.detail).toMatch(/^7[12]\d\d s left, renewable, policies /)
    for (const name of types) {
      expect(find(`Vault key ${prefix}-${name}`)).toMatchObject({
        state: 'ok',
        detail: 'encrypt yes, decrypt yes, read yes, rotate no, rewrap no, trim no',
      })
    }
    expect(JSON.stringify(findings)).not.toContain(token)
  })

  test('what its policy lacks is shown for each key, with the line to add', async () => {
    const mask = `${prefix}-pii-mask`
    const policy = [
      own,
      `path "transit/keys/*" { capabilities = ["read"] }`,
      `path "transit/decrypt/${mask}" { capabilities = ["update"] }`,
      `path "transit/encrypt/${mask}" { capabilities = ["create", "update"] }`,
    ]
    const token = await createToken(sharedVault(), { policy: policy.join('\n') })
    const { find } = await examine(newData(), onVault(token))
    expect(find(`Vault key ${mask}`)).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('a mistyped name would make a key'),
    })
    expect(find(`Vault key ${prefix}-pii-reveal`)).toMatchObject({
      state: 'failure',
      detail: 'encrypt no, decrypt no, read yes, rotate no, rewrap no, trim no',
      fix: expect.stringContaining(
        `path "transit/decrypt/${prefix}-pii-reveal" { capabilities = ["update"] }`,
      ),
    })
  })

  test('a missing key that the token may not make, and a refused login, are failures', async () => {
    const token = await createToken(sharedVault(), {
      policy: `${own}\npath "transit/keys/*" { capabilities = ["read"] }`,
    })
    const missing = await examine(newData(), {
      ...onVault(token),
      SEALGATE_VAULT_PREFIX: `${prefix}_missing`,
    })
    expect(missing.status).toBe(1)
    expect(missing.find(`Vault key ${prefix}_missing-pii-reveal`)).toMatchObject({
      state: 'failure',
      fix: 'sealgate vault init',
    })
    const refused = await examine(newData(), onVault('not-a-token'))
    expect(refused.status).toBe(1)
    expect(refused.findings.filter(({ state }) => state === 'failure').map(({ check }) => check)).toEqual([
      'Vault',
    ])
  })
})
