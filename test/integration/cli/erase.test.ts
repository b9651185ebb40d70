import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, expect, test } from '@jest/globals'

import { createDataFolder, runCli, runCliForJson, startGatewayCli } from '../../support/run-cli.ts'

const data = createDataFolder()
const folder = dirname(data)
const file = (name: string): string => join(folder, name)
const environment = { SEALGATE_KEYS_BACKUP_DAYS: '14' }
let subject: string

const show = async (id: string): Promise<string> =>
  (await runCli(['inspect', 'Customer', id, '--data', data, '--json'])).stdout

beforeAll(async () => {
  const gateway = await startGatewayCli(['--data', data])
  await gateway.stop()
  subject = (JSON.parse(readFileSync(join(data, 'example-ids.json'), 'utf8')) as { ana: string }).ana
}, 240_000)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('erase shows what it would take, by type and field, and changes nothing without --yes', async () => {
  const before = await show(subject)
  const { status, stdout } = await runCli(['erase', '--subject', subject, '--data', data])
  expect(status).toBe(0)
  expect(stdout).toMatch(/Customer +1 +redacted +\d+ +.*Customer\.email/)
  expect(stdout).toMatch(/Order +\d+ +redacted/)
  expect(stdout).toContain('Stored in clear, so that backups of the documents keep copies: ')
  expect(stdout).toContain('Nothing was changed.')
  const { json } = await runCliForJson(['erase', '--subject', subject, '--data', data])
  expect(json).toMatchObject({ tenant: 'default', subject, erased: false })
  expect(await show(subject)).toBe(before)
}, 120_000)

test('erase --yes erases and writes a receipt, which verifies here, and elsewhere by the public key', async () => {
  const args = ['erase', '--subject', subject, '--yes', '--receipt', file('receipt.jws'), '--data', data]
  const { status, json, stderr } = await runCliForJson(args, environment)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(json).toMatchObject({ subject, erased: true })
  expect(readFileSync(file('receipt.jws'), 'utf8').trim()).toBe((json as { receipt: string }).receipt)
  expect((await runCli(args, environment)).status).toBe(2)
  const here = await runCliForJson(['erase', 'verify', file('receipt.jws'), '--data', data])
  expect(here).toMatchObject({ status: 0, json: { subject, left: 0, version: 1 } })
  expect(
    (here.json as { backups: { encryptedIrrecoverableBy: string } }).backups.encryptedIrrecoverableBy,
  ).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  writeFileSync(file('key.jwk'), (await runCli(['erase', 'key', '--data', data])).stdout)
  const verify = ['erase', 'verify', file('receipt.jws'), '--key', file('key.jwk')]
  // Without data folder, database or keys.
  expect(await runCliForJson([...verify, '--data', file('nothing')])).toMatchObject({
    status: 0,
    json: here.json,
  })
  const text = readFileSync(file('receipt.jws'), 'utf8')
  writeFileSync(
    file('receipt.jws'),
    text.replace(/\.(.)/, (_dot, next: string) => `.${next === 'e' ? 'f' : 'e'}`),
  )
  expect((await runCli(verify)).status).toBe(1)
  const again = await runCliForJson(['erase', '--subject', subject, '--data', data])
  expect(again.json).toMatchObject({ erased: false, receipts: [json.receipt] })
  expect((await runCli(['erase', '--subject', subject, '--data', data])).stdout).toContain('Erased on ')
  const { stdout } = await runCli(['get', 'Customer', subject, '--role', 'ADMIN', '--data', data, '--json'])
  expect(stdout).toContain('ERASED')
  expect(stdout).not.toContain('Ana')
}, 180_000)

test('erase and retain refuse what they cannot do, with status 2', async () => {
  for (const args of [
    ['erase', '--data', data],
    ['erase', 'verify', '--data', data],
    ['erase', 'verify', file('none'), '--data', data],
    ['retain', '--data', data],
  ]) {
    const { status, stderr } = await runCli(args)
    expect({ args, status }).toEqual({ args, status: 2 })
    expect(stderr).toContain('CONFIGURATION_INVALID')
  }
}, 120_000)
