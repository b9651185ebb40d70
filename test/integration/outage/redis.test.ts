import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

import { afterEach, beforeEach, expect, test } from '@jest/globals'

import { createTestGateway, type TestGateway } from '../../support/create-test-gateway.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import { describeOnRedis, redisUrl } from '../../support/test-redis.ts'

const admin = { roles: ['ADMIN'] }
const query = '{ customers { nodes { fullName } } }'
const sha256Hash = createHash('sha256').update(query).digest('hex')

describeOnRedis('a Redis that goes away while it is used', () => {
  let proxy: TcpProxy
  let gateway: TestGateway

  beforeEach(async () => {
    const url = new URL(redisUrl())
    proxy = await TcpProxy.start(Number(url.port || 6_379))
    url.port = String(proxy.port)
    gateway = await createTestGateway({ cache: { kind: 'redis', url: url.href } })
  })

  afterEach(async () => {
    await gateway.close()
    await proxy.close()
  })

  const ask = async (text?: string) => {
    const response = await gateway.gateway.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { authorization: `Bearer ${await gateway.token(admin)}` },
      payload: { query: text, extensions: { persistedQuery: { version: 1, sha256Hash } } },
    })
    return response.json<{ data?: unknown; errors?: { extensions: { code: string } }[] }>()
  }
  const isKept = async () => (await ask()).data !== undefined
  const found = { data: { customers: { nodes: [] } } }

  test.each([
    ['is gone', () => (proxy.target = 1)],
    ['says nothing', () => undefined],
  ])(
    'and %s fails no request: clients send texts until it is back, and the log says so once',
    async (how, begin) => {
      while (!(await isKept())) await ask(query)
      const { target } = proxy
      begin()
      if (how === 'is gone') proxy.cut()
      else proxy.silence()
      gateway.logs.length = 0
      for (let count = 0; count < 5; count += 1) {
        expect((await ask()).errors?.[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND')
        expect(await ask(query)).toEqual(found)
      }
      const ready = await gateway.gateway.app.inject('/health/ready')
      expect(ready.json()).toMatchObject({ status: 'ok' })
      expect(gateway.logs.filter((line) => line.includes('cache of persisted queries failed'))).toHaveLength(
        1,
      )
      proxy.target = target
      proxy.restore()
      while (!(await isKept())) {
        await ask(query)
        await pause(50)
      }
    },
    60_000,
  )
})
