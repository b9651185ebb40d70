import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { LightMyRequestResponse } from 'fastify'
import { exampleTabs, startExampleServer } from './example-server.ts'
import type { ExampleServer } from './example-server.ts'

const browserAccepts = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
const host = 'localhost:4000'
const query = { query: '{ customers { id } }' }

describe('GraphiQL', () => {
  let server: ExampleServer
  beforeAll(async () => {
    server = await startExampleServer('graphiql', [
      ...exampleTabs(),
      { name: '</script><script>alert(1)</script>', query: '{ customers { id } } # </script><!-- ' },
    ])
  })
  afterAll(() => server.app.close())

  const page = async (headers: Record<string, string> = {}): Promise<LightMyRequestResponse> =>
    server.app.inject({ url: '/graphql', headers: { accept: browserAccepts, host, ...headers } })

  test('answers a browser with a page that no one may keep, frame or read from elsewhere', async () => {
    const { statusCode, headers } = await page()
    expect(statusCode).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('allows scripts, workers and requests of this server only, and no inline script', async () => {
    const { headers, body } = await page()
    const policy = new Map(
      String(headers['content-security-policy'])
        .split('; ')
        .map((rule) => [rule.slice(0, rule.indexOf(' ')), rule.slice(rule.indexOf(' ') + 1)]),
    )
    expect(policy.get('default-src')).toBe("'none'")
    expect(policy.get('frame-ancestors')).toBe("'none'")
    expect(policy.get('base-uri')).toBe("'none'")
    for (const kind of ['script-src', 'connect-src', 'worker-src']) expect(policy.get(kind)).toBe("'self'")
    const scripts = body.match(/<script[^>]*>/g) ?? []
    expect(scripts).toHaveLength(3)
    for (const script of scripts)
      expect(script).toMatch(/ src="\/graphql\/explorer\/| type="application\/json"/)
    expect(body).not.toMatch(/https?:\/\//)
  })

  test('carries the tabs as data that cannot leave their element', async () => {
    const { body } = await page()
    const settings = /<script id="settings" type="application\/json">(.*?)<\/script>/s.exec(body)?.[1] ?? ''
    expect(settings).not.toContain('<')
    const { tabs } = JSON.parse(settings) as { tabs: { name: string }[] }
    expect(tabs.map(({ name }) => name)).toEqual([
      'Administrator',
      'Support agent',
      'Analyst',
      '</script><script>alert(1)</script>',
    ])
  })

  test.each(['evil.example', 'evil.example:4000', 'localhost.evil.example', '127.0.0.1.evil.example'])(
    'gives no token to a browser that calls this machine %p',
    async (name) => {
      const { statusCode, body } = await page({ host: name })
      expect(statusCode).toBe(200)
      expect(body).not.toContain('Bearer')
      expect(body).toContain('Ready tokens are shown only')
    },
  )

  test.each(['192.0.2.7', '10.0.0.1', '::ffff:192.0.2.7', '2001:db8::1', '::1:127.0.0.1'])(
    'gives no token to another machine, %p, whatever it calls this one',
    async (remoteAddress) => {
      const { body } = await server.app.inject({
        url: '/graphql',
        headers: { accept: browserAccepts, host: 'localhost:4000' },
        remoteAddress,
      })
      expect(body).not.toContain('Bearer')
      expect(body).toContain('Ready tokens are shown only on this machine')
    },
  )

  test.each(['localhost:4000', '127.0.0.1:4000', '[::1]:4000', 'LOCALHOST'])(
    'gives the tokens to a browser that calls this machine %p',
    async (name) => {
      expect((await page({ host: name })).body).toContain('Bearer administrator-1')
    },
  )

  test.each([undefined, '*/*', 'application/json', 'application/graphql-response+json'])(
    'leaves a GET that accepts %p to GraphQL',
    async (accept) => {
      const { headers } = await server.app.inject({
        url: '/graphql?query={__typename}',
        headers: { 'apollo-require-preflight': 'true', ...(accept === undefined ? {} : { accept }) },
      })
      expect(headers['content-type']).toMatch(/json/)
    },
  )

  test('leaves every POST to GraphQL, and every other path alone', async () => {
    const posted = await server.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { accept: browserAccepts },
      payload: query,
    })
    expect(posted.json()).toEqual({ data: { customers: [{ id: '1' }, { id: '2' }] } })
    const elsewhere = await server.app.inject({ url: '/graphqlx', headers: { accept: browserAccepts } })
    expect(elsewhere.statusCode).toBe(404)
  })

  test.each(['graphiql.js', 'graphiql.css', 'editor-worker.js', 'graphql-worker.js', 'json-worker.js'])(
    'serves %s compressed, plain to those who want it so, and only once',
    async (name) => {
      const url = `/graphql/explorer/${name}`
      const compressed = await server.app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } })
      const plain = await server.app.inject({ url })
      expect(compressed.headers['content-encoding']).toBe('gzip')
      expect(plain.headers).not.toHaveProperty('content-encoding')
      expect(gunzipSync(compressed.rawPayload).equals(plain.rawPayload)).toBe(true)
      expect(plain.rawPayload.length).toBeGreaterThan(100_000)
      expect(plain.headers['x-content-type-options']).toBe('nosniff')
      const etag = String(plain.headers.etag)
      const again = await server.app.inject({ url, headers: { 'if-none-match': etag } })
      expect(again.statusCode).toBe(304)
      expect(again.body).toBe('')
    },
  )

  test.each(['explorer.js', 'explorer.css', 'icon.svg'])('serves %s', async (name) => {
    const { statusCode, headers } = await server.app.inject({ url: `/graphql/explorer/${name}` })
    expect(statusCode).toBe(200)
    expect(headers['content-type']).toMatch(/^(text|image)\//)
  })
})

describe('Sandbox', () => {
  let server: ExampleServer
  beforeAll(async () => {
    server = await startExampleServer('sandbox')
  })
  afterAll(() => server.app.close())

  const studio = 'https://studio.apollographql.com'

  test('is embedded without telemetry and without a token', async () => {
    const { body, statusCode } = await server.app.inject({
      url: '/graphql',
      headers: { accept: browserAccepts },
    })
    expect(statusCode).toBe(200)
    expect(body).toContain('sandbox')
    expect(body).toMatch(/runTelemetry['":%\w]*false/)
    expect(body).not.toContain('Bearer')
  })

  test('may be used from its own site, with the methods and headers it needs and no credentials', async () => {
    const preflight = await server.app.inject({
      method: 'OPTIONS',
      url: '/graphql',
      headers: { origin: studio, 'access-control-request-method': 'POST' },
    })
    expect(preflight.statusCode).toBe(204)
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': studio,
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers':
        'content-type, authorization, apollo-require-preflight, x-apollo-operation-name',
      vary: 'Origin',
    })
    expect(preflight.headers).not.toHaveProperty('access-control-allow-credentials')
    const answer = await server.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { origin: studio },
      payload: query,
    })
    expect(answer.headers['access-control-allow-origin']).toBe(studio)
    expect(answer.json()).toHaveProperty('data.customers')
  })

  test.each([
    'https://evil.example',
    'https://studio.apollographql.com.evil.example',
    'null',
    'http://studio.apollographql.com',
  ])('opens nothing to %s', async (origin) => {
    for (const method of ['OPTIONS', 'POST'] as const) {
      const { headers } = await server.app.inject({
        method,
        url: '/graphql',
        headers: { origin, 'access-control-request-method': 'POST', 'content-type': 'application/json' },
        payload: JSON.stringify(query),
      })
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })
})
