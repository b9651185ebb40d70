import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mongoose from 'mongoose'

import { createMongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { buildDist } from '../../support/build-dist.ts'
import {
  createDataFolder,
  runCli,
  runCliForJson,
  type RunningGateway,
  startGatewayCli,
} from '../../support/run-cli.ts'

const folders: string[] = []

function newData(): string {
  const data = createDataFolder()
  folders.push(dirname(data))
  return data
}

beforeAll(async () => {
  await buildDist()
}, 180_000)

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function ask({ url, tokens }: RunningGateway, query: string): Promise<any> {
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${tokens.Administrator ?? ''}`,
  }
  const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
  return answer.json()
}

const events = (text: string): any[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

describe('sealgate audit', () => {
  test('verifies the log beside a running gateway and after it, and copies anchors that find a truncation', async () => {
    const data = newData()
    const elsewhere = mkdtempSync(join(tmpdir(), 'sealgate-anchors-'))
    folders.push(elsewhere)
    const kept = join(elsewhere, 'kept.jsonl')
    const gateway = await startGatewayCli(['--data', data], {
      SEALGATE_AUDIT_ANCHOR_SECONDS: '1',
      SEALGATE_AUDIT_ANCHOR_FILE: kept,
      SEALGATE_INSTANCE: 'gateway-1',
    })
    expect((await ask(gateway, '{ customers { nodes { fullName } } }')).errors).toBeUndefined()
    const running = await runCliForJson(['audit', 'verify', '--data', data])
    expect(running).toMatchObject({ status: 0, json: { whole: true, chains: [{ state: 'open' }] } })
    await gateway.stop()

    const exported = join(elsewhere, 'exported.jsonl')
    expect((await runCli(['audit', 'anchors', '--data', data, '--export', exported])).status).toBe(0)
    expect(readFileSync(exported, 'utf8').trim().split('\n').at(-1)).toBe(
      readFileSync(kept, 'utf8').trim().split('\n').at(-1),
    )
    const whole = await runCliForJson(['audit', 'verify', '--data', data, '--anchors', kept])
    expect(whole).toMatchObject({ status: 0, json: { whole: true, chains: [{ state: 'closed' }] } })

    const embedded = await createMongodbServer({ folder: join(data, 'database') })
    const client = new mongoose.mongo.MongoClient(embedded.uri)
    const records = client.db('sealgate').collection('sealgateAudit')
    const [last] = await records.find().sort({ _id: -1 }).limit(1).toArray()
    await records.deleteOne({ _id: last?._id })
    await client
      .db('sealgate')
      .collection('sealgateAuditChains')
      .updateMany({}, { $unset: { closed: 1 } })
    await client.db('sealgate').collection('sealgateAuditAnchors').deleteMany({})
    await client.close()
    await embedded.close()
    const unaware = await runCliForJson(['audit', 'verify', '--data', data])
    expect(unaware.json.findings).toEqual([])
    const found = await runCli(['audit', 'verify', '--data', data, '--anchors', kept])
    expect(found.status).toBe(1)
    expect(found.stdout).toMatch(/truncated: gateway-1@\S+ record \d+ is gone from the end/)
  }, 60_000)

  test('prints events with who and whose, by time, coordinate and subject', async () => {
    const data = newData()
    const gateway = await startGatewayCli(['--data', data])
    const answer = await ask(gateway, '{ customers(first: 2) { nodes { id nationalId } } }')
    const [{ id }] = answer.data.customers.nodes
    await gateway.stop()
    const arguments_ = [
      'audit',
      'export',
      '--data',
      data,
      '--coordinate',
      'Customer.nationalId',
      '--subject',
      id,
    ]
    const { status, stdout } = await runCli(arguments_)
    expect(status).toBe(0)
    expect(events(stdout)).toMatchObject([
      {
        coordinate: 'Customer.nationalId',
        outcome: 'clear',
        viewerKind: 'user',
        documents: [{ id, subject: id }],
      },
    ])
    const later = await runCli([...arguments_, '--since', '2100-01-01T00:00:00Z'])
    expect(later).toMatchObject({ status: 0, stdout: '' })
    expect((await runCli(['audit', 'verify', '--since', 'now', '--data', data])).status).toBe(2)
    expect((await runCli(['audit', 'export', '--since', 'never', '--data', data])).status).toBe(2)
    expect((await runCli(['audit', 'verify', '--anchors', '/none', '--data', data])).status).toBe(2)
  }, 60_000)

  test('finds nothing wrong, and nothing lost that was acknowledged, after gateways that were killed at any moment', async () => {
    const data = newData()
    const acknowledged: string[] = []
    const rounds = Number(process.env.SEALGATE_TEST_CRASH_ROUNDS ?? 4)
    for (let round = 0; round < rounds; round += 1) {
      const environment = { SEALGATE_AUDIT: 'database,file', SEALGATE_AUDIT_ANCHOR_SECONDS: '1' }
      const gateway = await startGatewayCli(['--data', data], environment)
      let killed = false
      const writer = async (name: string): Promise<void> => {
        for (let number = 0; !killed; number += 1) {
          const input = `{ fullName: "A", email: "${name}.${round}.${number}@example.com", country: "ES" }`
          const answer = await ask(gateway, `mutation { createCustomer(input: ${input}) { id } }`).catch(
            () => undefined,
          )
          const id = answer?.data?.createCustomer?.id
          if (id !== undefined) acknowledged.push(id)
        }
      }
      const writers = ['a', 'b', 'c'].map(writer)
      await pause(600 + Math.random() * 1_500)
      killed = true
      await gateway.stop('SIGKILL')
      await Promise.all(writers)
    }
    expect(acknowledged.length).toBeGreaterThan(rounds)
    for (const log of [[], ['--file', join(data, 'audit.jsonl')]]) {
      const { status, json } = await runCliForJson(['audit', 'verify', '--data', data, ...log])
      expect({ status, findings: json.findings }).toEqual({ status: 0, findings: [] })
      expect(json.chains).toHaveLength(rounds)
      const { stdout } = await runCli(['audit', 'export', '--data', data, '--coordinate', 'Customer', ...log])
      const created = new Set(
        events(stdout).flatMap((event) =>
          event.outcome === 'created' ? (event.documents as { id: string }[]).map(({ id }) => id) : [],
        ),
      )
      expect(acknowledged.filter((id) => !created.has(id))).toEqual([])
    }
  }, 180_000)
})
