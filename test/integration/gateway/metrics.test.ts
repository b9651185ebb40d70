import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { revokeKeys } from '../../../src/rotation/revoke-keys.ts'
import { CanaryHunter } from '../../support/canaries.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { readPaper, readTable } from '../../support/markdown.ts'

const admin = { id: 'alice', roles: ['ADMIN'] }
const email = 'metrics-canary@example.com'
let gateway: TestGateway
let customer: string

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

async function scrape(): Promise<{ readonly text: string; readonly samples: readonly Sample[] }> {
  const response = await gateway.gateway.metricsApp?.inject('/metrics')
  expect(response?.statusCode).toBe(200)
  const text = response?.body ?? ''
  const samples = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name = '', labels = '', value]) => ({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, told]) => [key, told]),
      ),
      value: Number(value),
    }),
  )
  return { text, samples }
}

/** The sum of the samples of a metric that bear these labels; undefined when there are none. */
async function read(
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const { samples } = await scrape()
  const fitting = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )
  return fitting.length === 0 ? undefined : fitting.reduce((sum, { value }) => sum + value, 0)
}

beforeAll(async () => {
  gateway = await createTestGateway({ metrics: 'on' })
  const { data, errors } = await gateway.ask(
    admin,
    'mutation ($email: String) { createCustomer(input: { fullName: "M", email: $email }) { id } }',
    { email },
  )
  expect(errors).toEqual([])
  customer = (data.createCustomer as { id: string }).id
})

afterAll(async () => {
  await gateway.close()
})

describe('metrics', () => {
  test('count what happened to fields, by coordinate and outcome', async () => {
    const query = `{ customer(id: "${customer}") { email } }`
    await gateway.ask(admin, query)
    await gateway.ask(admin, query)
    await gateway.ask({ roles: ['SUPPORT'] }, query)
    expect(await read('sealgate_accesses_total', { coordinate: 'Customer.email', outcome: 'clear' })).toBe(2)
    expect(await read('sealgate_accesses_total', { coordinate: 'Customer.email', outcome: 'masked' })).toBe(1)
    expect(await read('sealgate_accesses_total', { coordinate: 'Customer', outcome: 'created' })).toBe(1)
  })

  test('count errors by code, and a value that does not decrypt among them', async () => {
    expect(await read('sealgate_errors_total', { code: 'DECRYPTION_FAILED' })).toBeUndefined()
    const customers = gateway.raw('customers')
    const stored = await customers.findOne({}, { projection: { email: 1 } })
    const { c } = stored?.email as { c: { buffer: Buffer } }
    c.buffer[c.buffer.length - 1] = (c.buffer.at(-1) ?? 0) ^ 1
    await customers.updateOne({ _id: stored?._id }, { $set: { 'email.c': c } })
    const { errors } = await gateway.ask(admin, `{ customer(id: "${customer}") { email } }`)
    expect(errors).toHaveLength(1)
    expect(await read('sealgate_errors_total', { code: 'DECRYPTION_FAILED' })).toBe(1)
    expect(await read('sealgate_accesses_total', { coordinate: 'Customer.email', outcome: 'failed' })).toBe(1)
  })

  test('time requests by their route, and all that have none as one', async () => {
    await gateway.gateway.app.inject('/some-path-of-a-client')
    await gateway.gateway.app.inject('/another')
    const name = 'sealgate_http_request_duration_seconds_count'
    expect(await read(name, { route: '/graphql', status: '200' })).toBeGreaterThanOrEqual(4)
    expect(await read(name, { route: 'none', method: 'none', status: '404' })).toBe(2)
    expect((await scrape()).text).not.toContain('some-path')
  })

  test('tell of the keys: their versions, ages, states, and what the key service was asked', async () => {
    const pii = { key_type: 'PII', purpose: 'REVEAL' }
    expect(await read('sealgate_kek_version', pii)).toBe(1)
    expect(await read('sealgate_kek_age', { ...pii, age: 'CURRENT' })).toBe(1)
    expect(await read('sealgate_data_keys', { ...pii, state: 'enabled' })).toBe(1)
    expect(await read('sealgate_data_keys_expired', { ...pii, state: 'enabled' })).toBe(0)
    expect(await read('sealgate_data_keys_by_kek_version', { ...pii, version: '1' })).toBe(1)
    expect(await read('sealgate_key_wraps_total')).toBeGreaterThan(0)
    const hits = (await read('sealgate_key_cache_hits_total')) ?? 0
    await gateway.ask(admin, `{ customer(id: "${customer}") { phone fullName } }`)
    const { counters } = gateway.gateway.keyRing
    expect(counters.hits).toBeGreaterThanOrEqual(hits)
    expect(await read('sealgate_key_cache_hits_total')).toBe(counters.hits)
    for (const part of ['database', 'keyService', 'keysVerified', 'audit'])
      expect(await read('sealgate_up', { part })).toBe(1)
  })

  test('hold no value, no id of a person and no text of a client', async () => {
    await gateway.ask(
      { ...admin, id: 'viewer-canary' },
      'query OperationCanary { customers { nodes { email } } }',
    )
    await gateway.ask(admin, '{ unknownFieldCanary }')
    const { text } = await scrape()
    const canaries = [email, customer, 'viewer-canary', 'OperationCanary', 'unknownFieldCanary']
    expect(new CanaryHunter(canaries).find(text)).toEqual([])
  })

  test('are served by an address of their own, and not beside the API', async () => {
    expect((await gateway.gateway.app.inject('/metrics')).statusCode).toBe(404)
    expect((await gateway.gateway.metricsApp?.inject('/graphql'))?.statusCode).toBe(404)
  })

  test.each([
    ['GET', '/request-canary?request-canary', 404],
    ['GET', '/request-canary%zz', 400],
    ['POST', '/metrics', 400],
  ] as const)('are served by what quotes no request: %s %s', async (method, url, status) => {
    const response = await gateway.gateway.metricsApp?.inject({
      method,
      url,
      ...(method === 'POST' && {
        payload: '{request-canary',
        headers: { 'content-type': 'application/json' },
      }),
    })
    expect(response?.statusCode).toBe(status)
    expect(response?.body).toBe('There is nothing at this path: metrics are at /metrics.\n')
  })

  test('tell a mask-only instance of the keys that it may ask about', async () => {
    const { uri, folder, database } = gateway
    const masks = await createTestGateway({ uri, folder, database, metrics: 'on', keyRights: 'mask-only' })
    const { body = '' } = (await masks.gateway.metricsApp?.inject('/metrics')) ?? {}
    expect(body).toContain('sealgate_kek_version{key_type="AUDIT_LOG",purpose="REVEAL"} 1')
    expect(body).not.toContain('sealgate_kek_version{key_type="PII"')
    await masks.stop()
  })

  test('are those of docs/operations.md', async () => {
    const { text } = await scrape()
    const served = [...text.matchAll(/^# TYPE (sealgate_\w+) (\w+)$/gm)].map(([, name, kind]) => [name, kind])
    const rows = readTable(readPaper('docs/operations.md'), ['metric', 'kind', 'labels', 'what'])
    expect(rows.map(([name = '', kind]) => [name.replaceAll('`', ''), kind]).sort()).toEqual(served.sort())
  })
})

describe('the statistics of the API', () => {
  test('count data keys by state, and what this gateway asked for', async () => {
    const query = `{ keyStatistics {
      countedAt dataKeys { keyType purpose state count expired byVersion { version count } }
      thisGateway { cacheHits cacheMisses keyRowReads wraps wrapCalls unwraps unwrapCalls }
    } }`
    const { data, errors } = await gateway.ask(admin, query)
    expect(errors).toEqual([])
    const { dataKeys, countedAt, thisGateway } = data.keyStatistics as {
      dataKeys: Record<string, unknown>[]
      countedAt: string
      thisGateway: Record<string, number>
    }
    expect(dataKeys).toContainEqual({
      keyType: 'PII',
      purpose: 'REVEAL',
      state: 'ENABLED',
      count: 1,
      expired: 0,
      byVersion: [{ version: 1, count: 1 }],
    })
    expect(Date.parse(countedAt)).toBeLessThanOrEqual(Date.now())
    expect(thisGateway.cacheHits).toBe(gateway.gateway.keyRing.counters.hits)
    const { errors: denied } = await gateway.ask({ roles: ['SUPPORT'] }, query)
    expect(denied.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
  })

  test('are counted anew by whoever starts anew, with states that were changed meanwhile', async () => {
    const { uri, folder, database } = gateway
    await revokeKeys(
      { id: 'r', filter: { keyType: 'PII' }, to: 'compromised', reason: 'a test', startedBy: 'test' },
      gateway.gateway.jobTools,
    )
    const other = await createTestGateway({ uri, folder, database })
    try {
      const { data } = await other.ask(
        admin,
        '{ keyStatistics { dataKeys { keyType purpose state count } } }',
      )
      const pii = (data.keyStatistics.dataKeys as { keyType: string; purpose: string }[]).filter(
        ({ keyType, purpose }) => keyType === 'PII' && purpose === 'REVEAL',
      )
      expect(pii).toEqual([{ keyType: 'PII', purpose: 'REVEAL', state: 'COMPROMISED', count: 1 }])
    } finally {
      await other.stop()
    }
  })
})
