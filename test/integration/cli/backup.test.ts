import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import { hashFile, writeBsonFile } from '../../../src/backup/bson-file.ts'
import { writeManifest } from '../../../src/backup/manifest.ts'
import { buildDist } from '../../support/build-dist.ts'
import { CanaryHunter } from '../../support/canaries.ts'
import {
  createDataFolder,
  runCli,
  runCliForJson,
  type RunningGateway,
  startCli,
  startGatewayCli,
} from '../../support/run-cli.ts'

const data = createDataFolder()
const root = dirname(data)
const documents = join(root, 'documents')
const keys = join(root, 'keys')
const canary = 'BackupCanary'
let gateway: RunningGateway
let before: unknown

async function ask({ url, tokens }: RunningGateway, query: string, variables?: object): Promise<any> {
  const [token = ''] = Object.values(tokens)
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  })
  const { data: answer, errors } = (await response.json()) as { data: unknown; errors?: unknown }
  expect(errors).toBeUndefined()
  return answer
}

const everyone =
  '{ customers(first: 500) { nodes { id fullName email phone income birthDate cards { id number holder } } } }'

async function createCustomers(count: number, prefix: string): Promise<void> {
  const inputs = Array.from({ length: count }, (_, index) => ({
    fullName: `${canary} ${prefix}${index}`,
    email: `${prefix}${index}@${canary.toLowerCase()}.example`,
    income: index + 0.5,
  }))
  const { createCustomers: created } = await ask(
    gateway,
    'mutation ($inputs: [CustomerCreateInput!]!) { createCustomers(inputs: $inputs) { error { code } } }',
    { inputs },
  )
  expect((created as { error: unknown }[]).filter(({ error }) => error !== null)).toEqual([])
}

/** A data folder that has the master key and nothing else, as a person would bring it. */
function newDataFolder(name: string): string {
  const folder = join(root, name)
  mkdirSync(folder, { mode: 0o700 })
  copyFileSync(join(data, 'master-key'), join(folder, 'master-key'))
  return folder
}

/** What a folder holds, file by file. */
function filesOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'latin1')]),
  )
}

beforeAll(async () => {
  await buildDist()
  gateway = await startGatewayCli(['--data', data])
  await createCustomers(400, 'first')
  before = await ask(gateway, everyone)
  expect(await runCliForJson(['backup', 'documents', documents, '--data', data])).toMatchObject({ status: 0 })
  expect(await runCliForJson(['backup', 'keys', keys, '--data', data])).toMatchObject({ status: 0 })
}, 240_000)

afterAll(async () => {
  await gateway.stop()
  rmSync(root, { recursive: true, force: true })
})

describe('backup and restore', () => {
  test('a backup holds nothing in clear, for its owner alone, and no master key', () => {
    for (const folder of [documents, keys]) {
      expect(new CanaryHunter([canary, canary.toLowerCase()]).findInFiles(folder)).toEqual([])
      for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o077).toBe(0)
    }
    const master = readFileSync(join(data, 'master-key'))
    for (const content of Object.values(filesOf(keys)))
      expect(Buffer.from(content, 'latin1').includes(master)).toBe(false)
  })

  test('what was restored reads as before, and is backed up to the same bytes', async () => {
    const folder = newDataFolder('restored')
    for (const [part, from] of [
      ['keys', keys],
      ['documents', documents],
    ] as const) {
      const { status, stderr } = await runCliForJson(['restore', part, from, '--data', folder])
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    }
    const again = join(root, 'documents-again')
    expect((await runCliForJson(['backup', 'documents', again, '--data', folder])).status).toBe(0)
    const [one, other] = [filesOf(documents), filesOf(again)]
    delete one['manifest.json']
    delete other['manifest.json']
    expect(Object.keys(other)).toEqual(
      expect.arrayContaining(Object.keys(one).filter((name) => one[name] !== '')),
    )
    for (const [name, content] of Object.entries(one)) expect(other[name] ?? '').toBe(content)
    const restored = await startGatewayCli(['--data', folder])
    expect(await ask(restored, everyone)).toEqual(before)
    await restored.stop()
  }, 60_000)

  test('a restore that is killed lets nothing start, and is done by running it again', async () => {
    const large = join(root, 'large')
    mkdirSync(large)
    const name = 'notes.bson'
    const { BSON } = mongoose.mongo
    const notes = Array.from({ length: 20_000 }, (_, index) =>
      BSON.serialize({ _id: index, text: 'x'.repeat(500) }),
    )
    const content = await writeBsonFile(join(large, name), Readable.from(notes), () => undefined)
    const [startedAt, endedAt] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z']
    const files = [{ name, collection: 'notes', ...content }]
    await writeManifest(large, {
      format: 'sealgate-backup',
      version: 1,
      part: 'documents',
      startedAt,
      endedAt,
      files,
    })

    const folder = newDataFolder('killed')
    const outcomes: string[] = []
    for (let wait = 300; !outcomes.includes('half restored') || outcomes.length < 5; wait += 100) {
      const { child } = await startCli(['restore', 'documents', large, '--data', folder])
      await pause(wait)
      const ended = child.exitCode !== null
      child.kill('SIGKILL')
      if (ended) break
      const { stderr } = await runCli(['keys', 'jobs', '--data', folder])
      outcomes.push(stderr.includes('half restored') ? 'half restored' : 'not begun')
    }
    expect(outcomes).toContain('half restored')
    const { status, json } = await runCliForJson(['restore', 'documents', large, '--data', folder])
    expect({ status, json }).toMatchObject({ status: 0, json: { documents: 20_000 } })
    const again = join(root, 'large-again')
    expect((await runCliForJson(['backup', 'documents', again, '--data', folder])).status).toBe(0)
    expect(await hashFile(join(again, name))).toBe(content.sha256)
  }, 120_000)

  test('nothing is restored over what is there, from another part, or from what was changed', async () => {
    const refused = async (args: string[], folder: string, words: string): Promise<void> => {
      const { status, stderr } = await runCli(['restore', ...args, '--data', folder])
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(words) })
    }
    await refused(['documents', documents], data, 'is not empty')
    await refused(['keys', keys], data, 'is not empty')
    await refused(['keys', documents], newDataFolder('other-part'), 'a backup of documents, not of keys')
    const damaged = join(root, 'damaged')
    mkdirSync(damaged)
    for (const [name, content] of Object.entries(filesOf(documents)))
      writeFileSync(join(damaged, name), content, 'latin1')
    const file = join(damaged, 'customers.bson')
    const bytes = readFileSync(file)
    bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1
    writeFileSync(file, bytes)
    await refused(['documents', damaged], newDataFolder('from-damaged'), 'is not what was written')
    rmSync(join(damaged, 'manifest.json'))
    await refused(['documents', damaged], newDataFolder('from-half'), 'is no whole backup')
    const { status, stderr } = await runCli(['backup', 'documents', documents, '--data', data])
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('is there already') })
  }, 60_000)
})

describe('recover', () => {
  test('decrypts backups with the master key and nothing else', async () => {
    const out = join(root, 'clear')
    const environment = { SEALGATE_MASTER_KEY_FILE: join(data, 'master-key') }
    const args = ['recover', '--documents', documents, '--keys', keys, '--out', out]
    const { status, json } = await runCliForJson(args, environment)
    expect(status).toBe(0)
    expect(json.failures).toEqual([])
    expect(statSync(join(out, 'customers.jsonl')).mode & 0o077).toBe(0)
    const recovered = new Map(
      readFileSync(join(out, 'customers.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, any>)
        .map((document) => [document._id as string, document]),
    )
    const { customers } = before as { customers: { nodes: Record<string, any>[] } }
    expect(recovered.size).toBe(customers.nodes.length)
    for (const { id, fullName, email, phone, income, birthDate, cards } of customers.nodes) {
      const document = recovered.get(id as string)
      expect(document).toMatchObject({ fullName, email, income })
      expect([document?.phone ?? null, document?.birthDate ?? null]).toEqual([phone, birthDate])
      const numbers = (of: { number: string; holder: string }[] | null = []) =>
        (of ?? []).map(({ number, holder }) => [number, holder])
      expect(numbers(document?.cards)).toEqual(numbers(cards))
    }
    for (const document of recovered.values()) expect(JSON.stringify(document)).not.toContain('argon2')
  }, 60_000)

  test('tells each value whose key is not in the backup of the keys, and recovers all others', async () => {
    await createCustomers(3, 'later')
    const newer = join(root, 'newer-documents')
    expect((await runCliForJson(['backup', 'documents', newer, '--data', data])).status).toBe(0)
    const out = join(root, 'clear-but-three')
    const environment = { SEALGATE_MASTER_KEY_FILE: join(data, 'master-key') }
    const args = ['recover', '--documents', newer, '--keys', keys, '--out', out]
    const { status, json } = await runCliForJson(args, environment)
    expect(status).toBe(1)
    const failures = json.failures as { path: string; code: string }[]
    expect(failures).toHaveLength(9)
    expect(new Set(failures.map(({ path }) => path))).toEqual(new Set(['fullName', 'email', 'income']))
    expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['DECRYPTION_FAILED']))
    expect(readFileSync(join(out, 'customers.jsonl'), 'utf8')).toContain(`${canary} first0`)
  }, 60_000)

  test('writes nothing with another master key', async () => {
    const wrong = join(root, 'wrong-master-key')
    writeFileSync(wrong, Buffer.alloc(32, 7), { mode: 0o600 })
    const out = join(root, 'never')
    const args = ['recover', '--documents', documents, '--keys', keys, '--out', out]
    const { status, stderr } = await runCli(args, { SEALGATE_MASTER_KEY_FILE: wrong })
    expect(status).toBe(2)
    expect(stderr).toContain('KEYS_MISMATCH')
    expect(readdirSync(root)).not.toContain('never')
  }, 60_000)
})
