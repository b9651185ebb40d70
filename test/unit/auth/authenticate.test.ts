import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createAuthenticator } from '../../../src/auth/authenticate.ts'
import type { Authenticator, AuthenticatorOptions } from '../../../src/auth/authenticate.ts'
import { mintToken } from '../../../src/auth/mint-token.ts'
import type { SigningKey, TokenRequest } from '../../../src/auth/mint-token.ts'
import type { VerificationKeys } from '../../../src/auth/verification-keys.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const signingKey: SigningKey = {
  privateKey,
  algorithm: 'EdDSA',
  keyId: 'one',
  issuer: 'https://issuer.example',
  audience: 'gateway',
}
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const jwkSet = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] })

const trusting = (keys: VerificationKeys, more: Partial<AuthenticatorOptions> = {}): Authenticator =>
  createAuthenticator({
    issuer: 'https://issuer.example',
    audience: 'gateway',
    defaultTenant: 'main',
    keys,
    ...more,
  })
const bearer = async (request: Partial<TokenRequest> = {}): Promise<string> =>
  `Bearer ${await mintToken(signingKey, { kind: 'user', id: 'person-7', lifetimeSeconds: 600, ...request })}`

/** Moves the clock alone, so that signatures are still verified in the background. */
const setClock = (milliseconds: number): void => {
  jest.useFakeTimers({
    now: milliseconds,
    doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask', 'performance'],
  })
}
afterEach(() => {
  jest.useRealTimers()
})

describe('a viewer', () => {
  const { authenticate } = trusting({ from: 'pem', pem })

  test('without a token is anonymous in the default tenant, owns nothing and may do nothing by name', () => {
    expect(authenticate(undefined)).toEqual({
      kind: 'anonymous',
      id: undefined,
      tenant: 'main',
      subject: undefined,
      roles: new Set(),
      scopes: new Set(),
      expiresAt: undefined,
    })
  })

  test('has the roles, scopes, tenant and subject of the token', async () => {
    const viewer = await authenticate(
      await bearer({
        roles: ['SUPPORT', 'ANALYST'],
        scopes: ['cards:reveal', 'orders:read'],
        tenant: 'north',
        subject: 'customer-3',
      }),
    )
    expect(viewer).toMatchObject({ kind: 'user', id: 'person-7', tenant: 'north', subject: 'customer-3' })
    expect([...viewer.roles]).toEqual(['SUPPORT', 'ANALYST'])
    expect([...viewer.scopes]).toEqual(['cards:reveal', 'orders:read'])
    expect(viewer.expiresAt).toBeGreaterThan(Date.now())
  })

  test('who is a user owns by default the data of their own sub', async () => {
    expect(await authenticate(await bearer())).toMatchObject({ subject: 'person-7', tenant: 'main' })
  })

  test('that is a service owns nothing unless the token names a subject', async () => {
    const service = { kind: 'service', id: 'billing' } as const
    expect(await authenticate(await bearer(service))).toMatchObject({ kind: 'service', subject: undefined })
    expect(await authenticate(await bearer({ ...service, subject: 'customer-3' }))).toMatchObject({
      kind: 'service',
      subject: 'customer-3',
    })
  })

  test('is named by a bearer header in any capitals', async () => {
    const header = await bearer()
    expect(await authenticate(header.replace('Bearer', 'BEARER'))).toMatchObject({ id: 'person-7' })
  })
})

describe('the cache', () => {
  test('answers synchronously, with the same viewer, once a token was verified', async () => {
    const { authenticate } = trusting({ from: 'pem', pem })
    const header = await bearer()
    const first = authenticate(header)
    expect(first).toBeInstanceOf(Promise)
    const viewer = await first
    expect(authenticate(header)).toBe(viewer)
  })

  test('forgets a token the moment it expires', async () => {
    const { authenticate } = trusting({ from: 'pem', pem }, { clockToleranceSeconds: 0, cacheSeconds: 3600 })
    const header = await bearer({ lifetimeSeconds: 600 })
    const { expiresAt = 0 } = await authenticate(header)
    setClock(expiresAt - 1)
    expect(authenticate(header)).toMatchObject({ id: 'person-7' })
    setClock(expiresAt)
    await expect(authenticate(header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('verifies again after its bound, however often the token is used and wherever the clock is set', async () => {
    const { authenticate } = trusting({ from: 'pem', pem }, { cacheSeconds: 0.2 })
    const header = await bearer()
    const viewer = await authenticate(header)
    const verifiedAgain = async (): Promise<boolean> => (await authenticate(header)) !== viewer
    expect(await verifiedAgain()).toBe(false)
    setClock(Date.now() - 60_000)
    while (!(await verifiedAgain())) await pause(10)
  })

  test('holds a bounded number of tokens', async () => {
    const { authenticate } = trusting({ from: 'pem', pem }, { cachedTokens: 2 })
    const headers = await Promise.all(['a', 'b', 'c'].map((id) => bearer({ id })))
    for (const header of headers) await authenticate(header)
    expect(headers.map((header) => authenticate(header) instanceof Promise)).toEqual([true, false, false])
  })

  test('keeps no refused token', async () => {
    const { authenticate } = trusting({ from: 'pem', pem })
    const header = `${(await bearer()).slice(0, -6)}AAAAAA`
    await expect(authenticate(header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(authenticate(header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })
})

test('the stated clock tolerance holds for exp and nbf', async () => {
  const { authenticate } = trusting({ from: 'pem', pem }, { clockToleranceSeconds: 30 })
  const header = await bearer({ lifetimeSeconds: 10 })
  const start = Date.now()
  setClock(start + 35_000)
  expect(await authenticate(header)).toMatchObject({ id: 'person-7' })
  setClock(start + 45_000)
  await expect(authenticate(header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

describe('keys', () => {
  test('come from a JWK set', async () => {
    const { authenticate } = trusting({ from: 'jwk-set', json: jwkSet })
    expect(await authenticate(await bearer())).toMatchObject({ id: 'person-7' })
  })

  test('come from the URL of a JWK set, fetched once for many tokens', async () => {
    let requests = 0
    const server = createServer((_, response) => {
      requests += 1
      response.end(jwkSet)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as AddressInfo
    try {
      const { authenticate } = trusting({ from: 'url', url: `http://127.0.0.1:${port}/keys` })
      const headers = await Promise.all(['a', 'b', 'c'].map((id) => bearer({ id })))
      const viewers = await Promise.all(headers.map(async (header) => authenticate(header)))
      expect(viewers.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
      expect(requests).toBe(1)
    } finally {
      server.close()
    }
  })

  test.each([
    ['does not answer with a JWK set', '<html></html>', 200],
    ['answers with an error', jwkSet, 500],
    ['answers with something else', '[]', 200],
  ])('of an issuer that %s are an outage, and nobody gets in', async (_, body, status) => {
    const server = createServer((_request, response) => {
      response.writeHead(status).end(body)
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as AddressInfo
    try {
      const { authenticate } = trusting({ from: 'url', url: `http://127.0.0.1:${port}/keys` })
      await expect(authenticate(await bearer())).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    } finally {
      server.close()
    }
  })

  test.each<[string, VerificationKeys]>([
    [
      'a private PEM key',
      { from: 'pem', pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
    ],
    ['text that is no key', { from: 'pem', pem: 'secret' }],
    ['an algorithm that does not fit', { from: 'pem', pem, algorithms: ['RS256'] }],
    ['no algorithm', { from: 'jwk-set', json: jwkSet, algorithms: [] }],
    [
      'a private JWK',
      { from: 'jwk-set', json: JSON.stringify({ keys: [privateKey.export({ format: 'jwk' })] }) },
    ],
    ['a shared secret', { from: 'jwk-set', json: '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}' }],
    ['an empty JWK set', { from: 'jwk-set', json: '{"keys":[]}' }],
    ['a JWK set that is no JSON', { from: 'jwk-set', json: '{' }],
    ['a plain http URL', { from: 'url', url: 'http://issuer.example/keys' }],
    ['a file URL', { from: 'url', url: 'file:///etc/passwd' }],
    ['no URL', { from: 'url', url: 'keys' }],
  ])('are refused at the start: %s', (_, keys) => {
    expect(() => trusting(keys)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
  })
})

test('an authenticator without an issuer is refused at the start', () => {
  expect(() => trusting({ from: 'pem', pem }, { issuer: '' })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION_INVALID' }),
  )
})
