import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

import { createClient, RESP_TYPES } from '@redis/client'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { KeyRing } from '../../../src/crypto/key-ring.ts'
import { pingRedis } from '../../../src/sealed-store/ping-redis.ts'
import { connectRedisEntries } from '../../../src/sealed-store/redis-entries.ts'
import type { SealedEntries } from '../../../src/sealed-store/sealed-entries.ts'
import { SealedStore } from '../../../src/sealed-store/sealed-store.ts'
import { describeSealedEntries } from '../../suites/sealed-entries.suite.ts'
import { FakeKeyProvider } from '../../support/fake-key-provider.ts'
import { MemoryKeyStore } from '../../support/memory-key-store.ts'
import { describeOnRedis, redisUrl } from '../../support/test-redis.ts'

const unavailable = expect.objectContaining({ code: 'SERVICE_UNAVAILABLE' })

/** The connection is made in the background: until it is there a call fails. */
async function connected(url = redisUrl(), name = 'suite:ready'): Promise<SealedEntries> {
  const entries = await connectRedisEntries({ url })
  for (let tries = 1; ; tries += 1) {
    try {
      await entries.get(name)
      return entries
    } catch (error) {
      if (tries === 200) throw error
      await pause(20)
    }
  }
}

describeOnRedis('Redis', () => {
  describeSealedEntries('Redis', () => connected())

  describe('a sealed store', () => {
    const raw = createClient({ url: process.env.SEALGATE_TEST_REDIS_URL ?? '' })
    const bytes = raw.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
    const keys = new KeyRing({ store: new MemoryKeyStore(), provider: new FakeKeyProvider() })
    const name = `test-${process.pid}`
    let entries: SealedEntries
    let store: SealedStore

    beforeAll(async () => {
      await raw.connect()
      entries = await connected()
      store = new SealedStore({ keys, entries, name, tenant: 'acme' })
    })

    afterAll(async () => {
      await entries.close()
      raw.destroy()
    })

    const storedNames = () => raw.keys(`sealgate:${name}:*`)

    test('leaves no name and no value in Redis, and a time to live', async () => {
      await store.set('session-of-ana', 'ana@example.com', { ttl: 60 })
      const [key = ''] = await storedNames()
      expect(await store.get('session-of-ana')).toBe('ana@example.com')
      const kept = await bytes.get(key)
      expect(kept?.includes('ana')).toBe(false)
      expect(key).not.toContain('ana')
      const left = await raw.pTTL(key)
      expect(left).toBeGreaterThan(0)
      expect(left).toBeLessThanOrEqual(60_000)
      await store.delete('session-of-ana')
      expect(await storedNames()).toEqual([])
    })

    test('a value whose time was made longer in Redis ends when it should', async () => {
      await store.set('short', 'value', { ttl: 0.2 })
      const [key = ''] = await storedNames()
      await raw.persist(key)
      expect(await store.get('short')).toBe('value')
      await pause(250)
      expect(await raw.exists(key)).toBe(1)
      expect(await store.get('short')).toBeUndefined()
      await raw.del(key)
    })

    test('the rights that docs/operations.md names are enough, and no more than needed', async () => {
      const paper = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
      const rights = /`(~sealgate:\* [^`]+)`/.exec(paper)?.[1]?.split(' ') ?? []
      await raw.aclSetUser('gateway', ['reset', 'on', '>secret', ...rights])
      const url = new URL(redisUrl())
      url.username = 'gateway'
      url.password = 'secret'
      const own = await connected(url.href, 'sealgate:ready')
      await own.set('sealgate:one', Buffer.from('bytes'), 60_000)
      expect(await own.get('sealgate:one')).toEqual(Buffer.from('bytes'))
      await own.delete('sealgate:one')
      await expect(own.get('other')).rejects.toEqual(unavailable)
      await pingRedis(url.href)
      await own.close()
      await raw.aclDelUser('gateway')
    })

    test('a value that was copied to another name in Redis does not open', async () => {
      await store.set('ana', 'value', { ttl: 60 })
      const [own = ''] = await storedNames()
      await store.set('ben', 'value', { ttl: 60 })
      const other = (await storedNames()).find((key) => key !== own) ?? ''
      await raw.copy(own, other, { REPLACE: true })
      expect(await store.get('ana')).toBe('value')
      await expect(store.get('ben')).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' })
      await raw.del([own, other])
    })
  })

  test('the doctor finds it', async () => {
    await expect(pingRedis(redisUrl())).resolves.toBeUndefined()
  })
})

describe('a Redis that is not there', () => {
  let silent: Server
  let url: string

  beforeAll(async () => {
    // Takes connections and never says a word.
    silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    url = `redis://user:secret@127.0.0.1:${(silent.address() as { port: number }).port}`
  })

  afterAll(() => {
    silent.close()
  })

  test('fails each call at once, tells of it without the address, and closes', async () => {
    const failures: unknown[] = []
    const absent = 'redis://user:secret@127.0.0.1:1'
    const entries = await connectRedisEntries({ url: absent, onFailure: (error) => failures.push(error) })
    await expect(entries.get('name')).rejects.toEqual(unavailable)
    await expect(entries.set('name', Buffer.from('x'), 1_000)).rejects.toEqual(unavailable)
    while (failures.length === 0) await pause(10)
    expect(failures[0]).toEqual(unavailable)
    expect(JSON.stringify(failures) + String(failures[0])).not.toContain('secret')
    await entries.close()
  })

  test('or that never answers, too', async () => {
    const entries = await connectRedisEntries({ url })
    await pause(50)
    await expect(entries.get('name')).rejects.toEqual(unavailable)
    await entries.close()
    await expect(pingRedis(url)).rejects.toThrow()
  })

  test.each(['http://redis', 'redis', 'redis://host:port'])('%s is no address of Redis', async (address) => {
    await expect(connectRedisEntries({ url: address })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
    })
  })
})
