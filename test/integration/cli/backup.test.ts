import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
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

  test('while keys move from local ones to another key service, a backup has them', async () => {
    const moving = {
      SEALGATE_KEYS: 'vault',
      SEALGATE_PREVIOUS_KEYS: 'local',
      VAULT_ADDR: 'http://127.0.0.1:1',
      VAULT_TOKEN: 'none',
    }
    const folder = join(root, 'keys-on-their-way')
    expect((await runCliForJson(['backup', 'keys', folder, '--data', data], moving)).stderr).toBe('')
    expect(readdirSync(folder)).toEqual(readdirSync(keys))
    const restored = newDataFolder('keys-on-their-way-restored')
    expect((await runCliForJson(['restore', 'keys', folder, '--data', restored], moving)).stderr).toBe('')
    expect(readdirSync(join(restored, 'keys'))).toEqual(readdirSync(join(data, 'keys')))
  }, 60_000)

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
    expect(other).toEqual(Object.fromEntries(Object.entries(one).filter(([, content]) => content !== '')))
    const keysAgain = join(root, 'keys-again')
    expect((await runCliForJson(['backup', 'keys', keysAgain, '--data', folder])).status).toBe(0)
    const twice = newDataFolder('restored-twice')
    for (const [part, from] of [
      ['keys', keysAgain],
      ['documents', again],
    ] as const)
      expect((await runCliForJson(['restore', part, from, '--data', twice])).stderr).toBe('')
    for (const name of readdirSync(join(data, 'keys')))
      expect(statSync(join(twice, 'keys', name)).mtimeMs).toBeCloseTo(
        statSync(join(data, 'keys', name)).mtimeMs,
        -1,
      )
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
    const half = join(root, 'half')
    const refused = await runCli(['backup', 'documents', half, '--data', folder])
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('half restored') })
    expect(readdirSync(root)).not.toContain('half')
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
    expect(readdirSync(documents)).toContain('manifest.json')
    const full = newDataFolder('full')
    expect((await runCliForJson(['restore', 'keys', keys, '--data', full])).status).toBe(0)
    rmSync(join(full, 'keys'), { recursive: true })
    await refused(['keys', keys], full, 'is not empty')
    expect(readdirSync(full)).not.toContain('keys')
    const keyless = newDataFolder('keyless')
    expect((await runCliForJson(['restore', 'documents', documents, '--data', keyless])).status).toBe(0)
    const without = await runCli(['backup', 'keys', join(root, 'none'), '--data', keyless])
    expect(without).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('There are no local keys in'),
    })
  }, 60_000)
})

describe('recover', () => {
  const environment = { SEALGATE_MASTER_KEY_FILE: join(data, 'master-key') }

  test('says what no model of the schema is for, and refuses a schema that is for nothing', async () => {
    const schema = join(root, 'schema')
    mkdirSync(schema)
    const sdl = (model: string): void => {
      writeFileSync(
        join(schema, 'schema.graphql'),
        `type ${model} @model @access(read: ["role:ADMIN"], write: ["role:ADMIN"]) { id: ID! }`,
      )
    }
    const out = join(root, 'clear-of-another-schema')
    const args = ['recover', '--documents', documents, '--keys', keys, '--out', out, '--schema', schema]
    sdl('Invoice')
    const refused = await runCli(args, environment)
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('holds customers, orders') })
    expect(readdirSync(root)).not.toContain('clear-of-another-schema')
    sdl('Order')
    const { status, json } = await runCliForJson(args, environment)
    expect(status).toBe(1)
    expect(json.unknown).toContainEqual({ collection: 'customers', documents: 403 })
  }, 60_000)

  test('leaves nothing when it is stopped, and makes the folders around its own', async () => {
    const many = join(root, 'many')
    mkdirSync(many)
    const plain = Array.from({ length: 200_000 }, (_, _id) =>
      mongoose.mongo.BSON.serialize({ _id: String(_id), large: mongoose.mongo.Long.MAX_VALUE, text: 'ab' }),
    )
    const [damaged] = plain
    damaged?.fill(0xff, Buffer.from(damaged).indexOf('ab'), damaged.length - 2)
    const name = 'customers.bson'
    const content = await writeBsonFile(join(many, name), Readable.from(plain), () => undefined)
    const files = [{ name, collection: 'customers', ...content }]
    await writeManifest(many, {
      format: 'sealgate-backup',
      version: 1,
      part: 'documents',
      startedAt: '2026-01-01T00:00:00Z',
      endedAt: '2026-01-01T00:00:01Z',
      files,
    })
    const [scratch, out] = [join(root, 'scratch'), join(root, 'new', 'clear')]
    mkdirSync(scratch)
    const args = ['recover', '--documents', many, '--keys', keys, '--out', out]
    const { child } = await startCli(args, { ...environment, TMPDIR: scratch })
    const ended = once(child, 'exit')
    while (!existsSync(join(out, 'customers.jsonl'))) await pause(5)
    child.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    expect([readdirSync(scratch), readdirSync(join(root, 'new'))]).toEqual([[], []])

    expect((await runCliForJson(args, environment)).status).toBe(0)
    const [line = ''] = readFileSync(join(out, 'customers.jsonl'), 'utf8').split('\n')
    expect(JSON.parse(line)).toMatchObject({ _id: '0', large: '9223372036854775807' })
  }, 60_000)

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
