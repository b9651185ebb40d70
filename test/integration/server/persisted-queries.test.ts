import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

import { createClient, RESP_TYPES } from '@redis/client'
import { afterEach, expect, test } from '@jest/globals'

import type { CacheOptions } from '../../../src/server/options.ts'
import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { describeOnRedis, redisUrl } from '../../support/test-redis.ts'

const query = '{ customers(filter: { country: { eq: "ES" } }) { nodes { id } } }'
const sha256Hash = createHash('sha256').update(query).digest('hex')
const admin = { roles: ['ADMIN'] }
let opened: TestGateway | undefined

afterEach(async () => {
  await opened?.close()
  opened = undefined
})

async function open(cache: CacheOptions) {
  const gateway = await createTestGateway({ cache })
  opened = gateway
  const authorization = `Bearer ${await gateway.token(admin)}`
  const ask = async (text?: string) => {
    const payload = { extensions: { persistedQuery: { version: 1, sha256Hash } }, query: text }
    const response = await gateway.gateway.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { authorization },
      payload,
    })
    return response.json<{ data?: unknown; errors?: { extensions: { code: string } }[] }>()
  }
  return { ...gateway, ask }
}

const found = { data: { customers: { nodes: [] } } }
const codeOf = ({ errors }: { errors?: { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code

/** Apollo keeps a query after it has answered. */
async function until<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const value = await read()
    if (done(value) || tries === 200) return value
    await pause(20)
  }
}

test('without a cache no query is persisted', async () => {
  const { ask } = await open({ kind: 'off' })
  expect(codeOf(await ask())).toBe('PERSISTED_QUERY_NOT_SUPPORTED')
})

test('with one in memory a query that was sent once is known by its hash, and runs under the rights of who asks', async () => {
  const { ask, gateway } = await open({ kind: 'memory' })
  expect(codeOf(await ask())).toBe('PERSISTED_QUERY_NOT_FOUND')
  expect(await ask(query)).toEqual(found)
  expect(await until(ask, ({ data }) => data !== undefined)).toEqual(found)
  const anonymous = await gateway.app.inject({
    method: 'POST',
    url: '/graphql',
    payload: { extensions: { persistedQuery: { version: 1, sha256Hash } } },
  })
  expect(codeOf(anonymous.json())).toBe('FORBIDDEN')
})

test('a Redis that is away costs no answer', async () => {
  const { ask, logs } = await open({ kind: 'redis', url: 'redis://user:secret@127.0.0.1:1' })
  expect(codeOf(await ask())).toBe('PERSISTED_QUERY_NOT_FOUND')
  expect(await ask(query)).toEqual(found)
  expect(logs.join('')).toContain('the cache of persisted queries failed')
  expect(logs.join('')).not.toMatch(/secret|customers|\bES\b/)
})

describeOnRedis('Redis', () => {
  test('keeps queries without their text or hash', async () => {
    const raw = createClient({ url: redisUrl() })
    await raw.connect()
    try {
      const names = new Set(await raw.keys('sealgate:queries:*'))
      const { ask } = await open({ kind: 'redis', url: redisUrl() })
      await until(
        () => ask(query).then(() => ask()),
        ({ data }) => data !== undefined,
      )
      const added = (await raw.keys('sealgate:queries:*')).filter((name) => !names.has(name))
      expect(added).toHaveLength(1)
      const kept = await raw.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).get(added[0] ?? '')
      expect(kept?.includes('customers')).toBe(false)
      expect(added[0]).not.toContain(sha256Hash)
      await raw.del(added)
    } finally {
      raw.destroy()
    }
  })
})
