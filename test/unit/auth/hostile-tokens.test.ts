import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { createAuthenticator } from '../../../src/auth/authenticate.ts'
import type { Authenticator } from '../../../src/auth/authenticate.ts'
import { GatewayError } from '../../../src/errors.ts'

const issuer = 'https://issuer.example'
const now = Math.floor(Date.now() / 1000)
const claims = {
  iss: issuer,
  aud: 'gateway',
  sub: 'person-7',
  exp: now + 600,
  roles: ['NIGHT_SHIFT'],
}
const header = { alg: 'EdDSA', typ: 'at+jwt', kid: 'one' }

const ours = generateKeyPairSync('ed25519')
const theirs = generateKeyPairSync('ed25519')
const pem = ours.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const jwk = { ...ours.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'EdDSA', use: 'sig' }

const byPem = createAuthenticator({
  issuer,
  audience: 'gateway',
  defaultTenant: 'main',
  keys: { from: 'pem', pem },
})
const byKeyId = createAuthenticator({
  issuer,
  audience: 'gateway',
  defaultTenant: 'main',
  keys: { from: 'jwk-set', json: JSON.stringify({ keys: [jwk] }) },
})

const encode = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

const signed = (head: unknown, payload: unknown, key: KeyObject = ours.privateKey): string => {
  const input = `${encode(head)}.${encode(payload)}`
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`
}

const keyedHash = (head: unknown, secret: string | Buffer): string => {
  const input = `${encode(head)}.${encode(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const refusal = async (authenticator: Authenticator, authorization: string): Promise<GatewayError> => {
  try {
    await authenticator.authenticate(authorization)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('The token was accepted.')
}

const good = signed(header, claims)
const [goodHeader = '', goodPayload = '', goodSignature = ''] = good.split('.')

const hostile: Record<string, string> = {
  'an unsigned token': `${encode({ ...header, alg: 'none' })}.${goodPayload}.`,
  'an unsigned token in odd capitals': `${encode({ ...header, alg: 'nOnE' })}.${goodPayload}.${goodSignature}`,
  'a token without alg': signed({ typ: 'at+jwt' }, claims),
  'an HMAC under the PEM text of the public key': keyedHash({ ...header, alg: 'HS256' }, pem),
  'an HMAC under the DER bytes of the public key': keyedHash(
    { ...header, alg: 'HS256' },
    ours.publicKey.export({ type: 'spki', format: 'der' }),
  ),
  'an HMAC under the JWK value of the public key': keyedHash(
    { ...header, alg: 'HS256' },
    Buffer.from(jwk.x ?? '', 'base64url'),
  ),
  'an HMAC that says it is EdDSA': keyedHash(header, pem),
  'a token signed by another key': signed(header, claims, theirs.privateKey),
  'another key embedded as jwk': signed(
    { ...header, jwk: theirs.publicKey.export({ format: 'jwk' }) },
    claims,
    theirs.privateKey,
  ),
  'another key behind jku': signed(
    { ...header, jku: 'http://127.0.0.1:9/keys.json' },
    claims,
    theirs.privateKey,
  ),
  'another key behind x5u and x5c': signed(
    {
      ...header,
      x5u: 'http://127.0.0.1:9/chain.pem',
      x5c: [theirs.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')],
    },
    claims,
    theirs.privateKey,
  ),
  'a tampered payload': `${goodHeader}.${encode({ ...claims, roles: ['ADMIN'] })}.${goodSignature}`,
  'a tampered header': `${encode({ ...header, extra: 1 })}.${goodPayload}.${goodSignature}`,
  'an empty signature': `${goodHeader}.${goodPayload}.`,
  'a cut signature': good.slice(0, -4),
  'an extra part': `${good}.${goodSignature}`,
  'padding in the signature': `${good}==`,
  'another issuer': signed(header, { ...claims, iss: 'https://issuer.example.evil' }),
  'no issuer': signed(header, { ...claims, iss: undefined }),
  'another audience': signed(header, { ...claims, aud: 'billing' }),
  'a list of other audiences': signed(header, { ...claims, aud: ['billing', 'gateway2'] }),
  'no audience': signed(header, { ...claims, aud: undefined }),
  'an ID token': signed({ ...header, typ: 'JWT' }, claims),
  'no type': signed({ alg: 'EdDSA', kid: 'one' }, claims),
  'an expired token': signed(header, { ...claims, exp: now - 60 }),
  'no expiry': signed(header, { ...claims, exp: undefined }),
  'an expiry in words': signed(header, { ...claims, exp: '2999-01-01' }),
  'a token of tomorrow': signed(header, { ...claims, nbf: now + 86_400 }),
  'no sub': signed(header, { ...claims, sub: undefined }),
  'an empty sub': signed(header, { ...claims, sub: '' }),
  'a sub that is an operator': signed(header, { ...claims, sub: { $ne: null } }),
  'a subject that is an operator': signed(header, { ...claims, subject: { $gt: '' } }),
  'a tenant that is a list': signed(header, { ...claims, tenant: ['a', 'b'] }),
  'a tenant that is null': signed(header, { ...claims, tenant: null }),
  'a subject that is null': signed(header, { ...claims, subject: null }),
  'roles that are null': signed(header, { ...claims, roles: null }),
  'a tenant that UTF-8 would fold into another': signed(header, { ...claims, tenant: '\ud800' }),
  'a subject that UTF-8 would fold into another': signed(header, { ...claims, subject: 'a\udfff' }),
  'a sub that UTF-8 would fold into another': signed(header, { ...claims, sub: '\udc00\ud800' }),
  'roles in one string': signed(header, { ...claims, roles: 'ADMIN' }),
  'roles that are not strings': signed(header, { ...claims, roles: [['ADMIN']] }),
  'a scope in a list': signed(header, { ...claims, scope: ['cards:reveal'] }),
  'an unknown critical extension': signed({ ...header, crit: ['policy'], policy: 'x' }, claims),
  'a known critical extension': signed({ ...header, crit: ['b64'], b64: true }, claims),
  'an unencoded payload': signed({ ...header, crit: ['b64'], b64: false }, claims),
  'a list as claims': signed(header, [claims]),
  'claims that are not JSON': signed(header, 'roles=ADMIN'),
  'a huge token': signed(header, { ...claims, filler: 'x'.repeat(1_000_000) }),
}

describe.each([
  ['a PEM key', byPem],
  ['a JWK set', byKeyId],
])('with %s', (_, authenticator) => {
  test('the token that the hostile ones are made from is accepted', async () => {
    expect(await authenticator.authenticate(`Bearer ${good}`)).toMatchObject({ kind: 'user', id: 'person-7' })
  })

  test.each(Object.entries(hostile))('%s is refused', async (_name, token) => {
    const error = await refusal(authenticator, `Bearer ${token}`)
    expect(error.code).toBe('UNAUTHENTICATED')
    expect(error.message).toBe('A valid token is needed.')
  })

  test('no refusal holds a part of the token or of its claims', async () => {
    for (const token of Object.values(hostile)) {
      const shown = inspect(await refusal(authenticator, `Bearer ${token}`), { depth: 9, showHidden: true })
      for (const part of ['person-7', 'NIGHT_SHIFT', issuer, goodPayload, goodSignature])
        expect(shown).not.toContain(part)
    }
  })

  test.each([
    '',
    'Bearer',
    'Bearer ',
    good,
    `Basic ${good}`,
    `Bearer ${good} x`,
    `Bearer\n${good}`,
    'Bearer a.b',
  ])('a header of another form is refused (%#)', async (authorization) => {
    expect((await refusal(authenticator, authorization)).code).toBe('UNAUTHENTICATED')
  })
})

test.each([
  '../../../../dev/null',
  '/etc/passwd',
  'http://127.0.0.1:9/key',
  "one' OR '1'='1",
  '__proto__',
  '',
])('a kid is only looked up among the configured keys (%s)', async (kid) => {
  const token = signed({ ...header, kid }, claims, theirs.privateKey)
  expect((await refusal(byKeyId, `Bearer ${token}`)).code).toBe('UNAUTHENTICATED')
})

test('keys named in the header are ignored, not followed, in a token that verifies', async () => {
  const head = {
    ...header,
    jwk: theirs.publicKey.export({ format: 'jwk' }),
    jku: 'http://127.0.0.1:9/keys.json',
  }
  expect(await byKeyId.authenticate(`Bearer ${signed(head, claims)}`)).toMatchObject({ id: 'person-7' })
})

test('of a claim given twice only the last is read, as RFC 7519 allows', async () => {
  const text = JSON.stringify(claims)
  const twice = `${text.slice(0, -1)},"roles":["ANALYST"]}`
  const viewer = await byPem.authenticate(`Bearer ${signed(header, twice)}`)
  expect([...viewer.roles]).toEqual(['ANALYST'])
})

test('an RSA key given for RS256 does not verify PS256, and the other way round', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicPem = createPublicKey(rsa.privateKey).export({ type: 'spki', format: 'pem' }).toString()
  const input = `${encode({ ...header, alg: 'RS256' })}.${encode(claims)}`
  const token = `${input}.${sign('sha256', Buffer.from(input), rsa.privateKey).toString('base64url')}`
  const withAlgorithm = (algorithm: 'RS256' | 'PS256'): Authenticator =>
    createAuthenticator({
      issuer,
      audience: 'gateway',
      defaultTenant: 'main',
      keys: { from: 'pem', pem: publicPem, algorithms: [algorithm] },
    })
  expect(await withAlgorithm('RS256').authenticate(`Bearer ${token}`)).toMatchObject({ id: 'person-7' })
  expect((await refusal(withAlgorithm('PS256'), `Bearer ${token}`)).code).toBe('UNAUTHENTICATED')
})
