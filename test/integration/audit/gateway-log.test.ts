import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'

import type mongoose from 'mongoose'

import { readFileArchive } from '../../../src/audit/file-archive.ts'
import { readEvents, type ReadEvent } from '../../../src/audit/read-events.ts'
import { verifyArchive } from '../../../src/audit/verify/verify-archive.ts'
import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { type OpenArchive, openAuditArchive } from '../../../src/storage/open-audit-archive.ts'
import { CanaryHunter } from '../../support/canaries.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'

const admin = { id: 'viewer-kanarienvogel-7781', roles: ['ADMIN'] }
const customer = (name: string): string =>
  `mutation { createCustomer(input: { fullName: "${name}", email: "${name}@example.com", country: "ES" }) { id email } }`

let folder: string
let server: MongodbServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealgate-audit-'))
  server = await createMongodbServer({ folder: join(folder, 'database') })
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the audit log of a gateway', () => {
  let gateway: TestGateway
  let stored: OpenArchive

  beforeEach(async () => {
    gateway = await createTestGateway({
      uri: server.uri,
      folder,
      audit: { sinks: ['database'], anchors: { interval: 50 } },
    })
    const [documents] = gateway.databases
    stored = await openAuditArchive({ uri: server.uri, database: documents?.databaseName ?? '' })
  })

  afterEach(async () => {
    await stored.close()
    await gateway.close()
  })

  const read = async (): Promise<ReadEvent[]> => {
    const events = []
    for await (const event of readEvents(stored.archive, gateway.gateway.keyRing)) events.push(event)
    return events
  }
  const outcomes = async (): Promise<string[]> =>
    (await read())
      .filter(({ viewerKind }) => viewerKind !== 'gateway')
      .map(({ coordinate, outcome, documents }) => `${coordinate} ${outcome} ${documents?.length ?? '?'}`)

  test('has what was written, revealed, masked, hidden, searched and refused, and by whom', async () => {
    const { data } = await gateway.ask(admin, customer('ana'))
    await gateway.ask(admin, '{ customers(filter: { email: { eq: "ana@example.com" } }) { nodes { id } } }')
    await gateway.ask(
      admin,
      '{ customers(filter: { email: { eq: "nobody@example.com" } }) { nodes { id } } }',
    )
    await gateway.ask({ id: 'a', roles: ['ANALYST'] }, '{ customers { nodes { email } } }')
    await gateway.ask({ id: 's', roles: ['SUPPORT'] }, '{ customers { nodes { income } } }')
    await gateway.ask(undefined, '{ customers { nodes { id } } }')
    await gateway.ask(admin, customer('ana'))
    expect(await outcomes()).toEqual([
      'Customer created 1',
      'Customer.email clear 1',
      'Customer.email searched 1',
      'Customer.email searched 0',
      'Customer.email masked 1',
      'Customer.income hidden 1',
      'Query.customers denied 0',
      'Customer.email conflicted 1',
    ])
    const [first] = (await read()).filter(({ outcome }) => outcome === 'created')
    expect((await read()).find(({ coordinate }) => coordinate === 'Customer')).toMatchObject({
      viewer: admin.id,
      viewerKind: 'user',
      tenant: 'default',
      operation: expect.stringMatching(/^[0-9a-f]{64}$/),
      documents: [{ id: data.createCustomer.id, subject: data.createCustomer.id }],
    })
    expect(first?.coordinate).toMatch(/^key:/)
  })

  test('has every data key that was made', async () => {
    await gateway.ask(admin, customer('bea'))
    const created = (await read()).filter(({ coordinate }) => coordinate.startsWith('key:'))
    const ids = new Set(created.flatMap(({ documents }) => documents?.map(({ id }) => id) ?? []))
    const rows = await gateway.rawKeys('datakeys').find().toArray()
    const stored = rows.flatMap((row) => Object.values<{ keyId: mongoose.mongo.Binary }>(row.keys))
    const storedIds = stored.map(({ keyId }) => Buffer.from(keyId.buffer).toString('hex'))
    expect(storedIds.filter((id) => !ids.has(id))).toEqual([])
    expect(created.map(({ outcome }) => outcome)).toContain('created')
  })

  test('gives the same operation the same hash, whatever its literals, aliases and name are', async () => {
    await gateway.ask(admin, customer('cora'))
    const query = (value: string, alias: string): string =>
      `query ${alias} { ${alias}: customers(filter: { email: { eq: "${value}" } }) { nodes { id } } }`
    await gateway.ask(admin, query('one@example.com', 'one'))
    await gateway.ask(admin, query('two@example.com', 'two'))
    await gateway.ask(
      admin,
      '{ customers(filter: { email: { eq: "x@example.com" } }) { nodes { id country } } }',
    )
    const searched = (await read()).filter(({ outcome }) => outcome === 'searched')
    const [one, two, other] = searched.map(({ operation }) => operation)
    expect(one).toBe(two)
    expect(other).not.toBe(one)
  })

  test('holds no value and nobody in clear', async () => {
    const { data } = await gateway.ask(admin, customer('kanarienvogel-9921'))
    const { id } = data.createCustomer
    await gateway.ask(
      admin,
      '{ customers(filter: { email: { eq: "kanarienvogel-4413@example.com" } }) { nodes { id } } }',
    )
    const hunter = new CanaryHunter([admin.id, id, 'kanarienvogel-9921', 'kanarienvogel-4413'])
    const lines = await Promise.all(
      ['sealgateAudit', 'sealgateAuditChains', 'sealgateAuditAnchors'].map((name) =>
        gateway.raw(name).find().toArray(),
      ),
    )
    expect(hunter.find(JSON.stringify(lines))).toEqual([])
    const sealed = lines[0]?.map(({ record }) => Buffer.from(JSON.parse(record).sealed, 'base64')) ?? []
    expect(sealed.length).toBeGreaterThan(2)
    expect(hunter.find(Buffer.concat(sealed))).toEqual([])
  })

  test('of two gateways is two chains, which both anchor', async () => {
    const [documents] = gateway.databases
    const other = await createTestGateway({
      uri: server.uri,
      folder,
      database: documents?.databaseName ?? '',
      audit: { sinks: ['database'], instance: 'other', anchors: { interval: 50 } },
    })
    const asks = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? gateway : other).ask(admin, customer(`c${index}`)),
    )
    for (const { errors } of await Promise.all(asks)) expect(errors).toEqual([])
    await other.gateway.close()
    const { findings, chains } = await verifyArchive(stored.archive, gateway.gateway.keyRing)
    expect(findings).toEqual([])
    expect(chains.map(({ state }) => state).sort()).toEqual(['closed', 'open'])
    const anchors = await stored.archive.anchors()
    expect(Math.max(...anchors.map(({ heads }) => heads.length))).toBe(2)
    expect((await outcomes()).filter((line) => line === 'Customer created 1')).toHaveLength(20)
  })

  test('shows what was done to it in the database', async () => {
    for (const name of ['dora', 'ella', 'fay']) await gateway.ask(admin, customer(name))
    const records = gateway.raw('sealgateAudit')
    const all = await records.find().sort({ _id: 1 }).toArray()
    const verify = async () =>
      (await verifyArchive(stored.archive, gateway.gateway.keyRing)).findings.map(({ kind }) => kind)
    expect(await verify()).toEqual([])
    const [first, second, third] = all
    if (first === undefined || second === undefined || third === undefined) throw new TypeError('no records')
    await records.deleteOne({ _id: second._id })
    expect(await verify()).toContain('deleted')
    await records.insertOne({ ...second, record: String(second.record).replace('gateway', 'Gateway') })
    expect(await verify()).toEqual(['edited'])
    await records.replaceOne({ _id: second._id }, { record: third.record, hmac: third.hmac })
    await records.replaceOne({ _id: third._id }, { record: second.record, hmac: second.hmac })
    expect(await verify()).toEqual(['reordered'])
    await records.replaceOne({ _id: second._id }, { record: second.record, hmac: second.hmac })
    await records.replaceOne({ _id: third._id }, { record: third.record, hmac: third.hmac })
    expect(await verify()).toEqual([])
    await records.insertOne({ ...first, _id: `${String(first._id)}x` as any })
    expect(await verify()).toEqual(['inserted'])
    await gateway.raw('sealgateAuditChains').deleteMany({})
    expect(await verify()).toEqual(['missing opening'])
    await records.deleteMany({})
    expect(await verify()).toEqual(['missing chain'])
  })
})

describe('while a sink takes nothing', () => {
  let gateway: TestGateway | undefined
  let data: string
  let log: string
  let database: string

  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'sealgate-audit-file-'))
    log = join(data, 'not-there', 'audit.jsonl')
    database = `audit_${basename(data)}`
  })

  afterEach(async () => {
    await gateway?.close()
    gateway = undefined
    rmSync(data, { recursive: true, force: true })
  })

  async function start(spool: boolean): Promise<TestGateway> {
    gateway = await createTestGateway({
      uri: server.uri,
      folder,
      database,
      audit: {
        sinks: [{ file: log }],
        spool: spool ? { folder: join(data, 'spool'), limit: 10_000_000 } : undefined,
      },
    })
    return gateway
  }

  async function verifyFile({ gateway: { keyRing } }: TestGateway) {
    const archive = await readFileArchive(log)
    const created: string[] = []
    for await (const { coordinate, documents } of readEvents(archive, keyRing))
      if (coordinate === 'Customer') created.push(...(documents?.map(({ id }) => id) ?? []))
    const { findings, chains } = await verifyArchive(archive, keyRing)
    return { findings, created, states: chains.map(({ state }) => state) }
  }

  test('no answer of a write or with a clear value leaves; what was done is in the log afterwards', async () => {
    const running = await start(false)
    const refused = await running.ask(admin, customer('gina'))
    expect(refused.status).toBe(503)
    expect(refused.data ?? null).toBeNull()
    expect(refused.errors[0]?.extensions.code).toBe('SERVICE_UNAVAILABLE')
    // Not even a denial: nothing may pile up unseen.
    const denied = await running.ask({ roles: ['SUPPORT'] }, '{ customers { nodes { income } } }')
    expect(denied.status).toBe(503)
    mkdirSync(join(data, 'not-there'))
    const served = await running.ask(admin, '{ customers { nodes { id email } } }')
    expect(served.errors).toEqual([])
    const nodes = served.data.customers.nodes as readonly { id: string }[]
    const ids = nodes.map(({ id }) => id)
    expect(await verifyFile(running)).toMatchObject({ findings: [], created: ids })
    expect(statSync(log).mode & 0o777).toBe(0o600)
    expect(running.logs.join('')).toContain('the audit log cannot be written')
  })

  test('the spool takes the events, and gives them back in order when the sink is there again', async () => {
    const running = await start(true)
    const ids: string[] = []
    for (const name of ['hana', 'ida', 'jule']) {
      const { data: created, errors } = await running.ask(admin, customer(name))
      expect(errors).toEqual([])
      ids.push(created.createCustomer.id)
    }
    mkdirSync(join(data, 'not-there'))
    const last = await running.ask(admin, customer('kim'))
    ids.push(last.data.createCustomer.id)
    await running.gateway.close()
    gateway = undefined
    const again = await start(true)
    expect(await verifyFile(again)).toEqual({ findings: [], created: ids, states: ['closed'] })
    expect(readFileSync(log, 'utf8')).not.toContain(ids[0])
  })
})
