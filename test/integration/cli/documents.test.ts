import { readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { buildDist } from '../../support/build-dist.ts'
import {
  createDataFolder,
  runCli,
  runCliForJson,
  type RunningGateway,
  startGatewayCli,
} from '../../support/run-cli.ts'

const data = createDataFolder()
let gateway: RunningGateway
let ana: string

interface Row {
  readonly path: string
  readonly [name: string]: unknown
}

const row = (rows: readonly Row[], path: string): Row | undefined => rows.find((found) => found.path === path)

const keyIdOf = (found: Row | undefined): string =>
  (found?.sealed as { ciphertext: { header: { keyId: string } } }).ciphertext.header.keyId

beforeAll(async () => {
  await buildDist()
  gateway = await startGatewayCli(['--data', data])
  const ids = JSON.parse(readFileSync(join(data, 'example-ids.json'), 'utf8')) as Record<string, string>
  ana = ids.ana ?? ''
}, 240_000)

afterAll(async () => {
  await gateway.stop()
  rmSync(dirname(data), { recursive: true, force: true })
})

describe.each(['beside a running gateway', 'while no gateway runs'])('%s', (when) => {
  beforeAll(async () => {
    if (when === 'while no gateway runs') expect(await gateway.stop()).toBe(0)
  })

  test('inspect tells of ciphertext without opening it, and shows plain values', async () => {
    const { status, json } = await runCliForJson(['inspect', 'Customer', ana, '--data', data])
    expect(status).toBe(0)
    const { paths } = json as { paths: Row[] }
    expect(row(paths, 'segment')).toEqual({ path: 'segment', kind: 'plain', value: 'RETAIL' })
    expect(row(paths, 'email')).toEqual({
      path: 'email',
      kind: 'encrypted',
      sealed: {
        ciphertext: {
          header: { version: 1, suite: 'AES-256-GCM', keyId: expect.stringMatching(/^[0-9a-f]{64}$/) },
          bytes: expect.any(Number),
        },
        masks: { EMAIL: expect.objectContaining({ header: expect.objectContaining({ version: 1 }) }) },
        terms: ['t0'],
      },
    })
    expect(row(paths, 'cards[0].pin')).toMatchObject({ kind: 'hashed' })
    expect(row(paths, 'cards[0].number')).toMatchObject({ kind: 'encrypted' })
    // FINANCIAL and PII data of one person are under two keys.
    expect(keyIdOf(row(paths, 'income'))).not.toBe(keyIdOf(row(paths, 'email')))
    expect(keyIdOf(row(paths, 'phone'))).toBe(keyIdOf(row(paths, 'email')))
    expect(paths.filter(({ kind }) => kind === 'exposed' || kind === 'undeclared')).toEqual([])
    expect(JSON.stringify(json)).not.toContain('ana@example.com')
  })

  test('get shows what a viewer sees: clear, masked and hidden', async () => {
    const support = await runCliForJson(['get', 'Customer', ana, '--role', 'SUPPORT', '--data', data])
    expect(support.status).toBe(0)
    const seen = support.json.fields as Row[]
    expect(row(seen, 'fullName')).toEqual({ path: 'fullName', state: 'clear', value: 'Ana Pérez García' })
    expect(row(seen, 'email')).toMatchObject({ state: 'masked', style: 'EMAIL', value: 'a***@example.com' })
    expect(row(seen, 'nationalId')).toMatchObject({ state: 'masked', style: 'LAST4' })
    expect(row(seen, 'income')).toEqual({ path: 'income', state: 'hidden', code: 'FORBIDDEN' })
    expect(row(seen, 'cards[0].number')).toMatchObject({ state: 'masked', style: 'PAN' })

    const owner = await runCliForJson([
      'get',
      'Customer',
      ana,
      '--token',
      gateway.tokens.Owner ?? '',
      '--data',
      data,
    ])
    expect(row(owner.json.fields as Row[], 'email')).toMatchObject({
      state: 'clear',
      value: 'ana@example.com',
    })
  })
})

test('inspect prints a table for people, and stored bytes only when asked', async () => {
  const { stdout } = await runCli(['inspect', 'Customer', ana, '--data', data])
  expect(stdout).toMatch(/email +encrypted +v1 AES-256-GCM, key [0-9a-f]{8}, \d+ bytes · masks EMAIL \(/)
  expect(stdout).not.toMatch(/[A-Za-z0-9+/]{60}/)
  const { stdout: withBytes } = await runCli(['inspect', 'Customer', ana, '--bytes', '--data', data])
  expect(withBytes).toMatch(/ciphertext {2}AQ[A-Za-z0-9+/]{60,}/)
})

test('inspect and get end with status 1 when there is no such document, in this tenant', async () => {
  for (const args of [
    ['inspect', 'Customer', 'nobody'],
    ['inspect', 'Customer', ana, '--tenant', 'north'],
    ['get', 'Customer', 'nobody', '--role', 'ADMIN'],
    ['get', 'Customer', ana, '--role', 'ADMIN', '--tenant', 'north'],
  ]) {
    const { status, stdout, stderr } = await runCli([...args, '--data', data])
    expect({ args, status, stdout }).toEqual({ args, status: 1, stdout: '' })
    expect(stderr).toContain('NOT_FOUND')
  }
})

test('get ends with status 1 and the code when the viewer may not ask', async () => {
  const { status, json, stderr } = await runCliForJson(['get', 'Customer', ana, '--service', '--data', data])
  expect({ status, json }).toEqual({ status: 1, json: undefined })
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'FORBIDDEN' } })
  const forged = await runCli(['get', 'Customer', ana, '--token', 'a.b.c', '--data', data])
  expect(forged.stderr).toContain('UNAUTHENTICATED')
})

test('a type that is no model is refused with the names of the models', async () => {
  const { status, stderr } = await runCli(['inspect', 'Card', 'x', '--data', data])
  expect(status).toBe(2)
  expect(stderr).toContain('The models are: Customer, Order, SensitiveItem.')
})

test('where there is no data yet, it is said what to do', async () => {
  const { status, stderr } = await runCli(['inspect', 'Customer', 'x', '--data', join(data, 'elsewhere')])
  expect(status).toBe(2)
  expect(stderr).toContain('sealgate start')
})
