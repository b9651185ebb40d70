import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createAuthenticator } from '../../../src/auth/authenticate.ts'
import { mintToken } from '../../../src/auth/mint-token.ts'
import { GatewayError } from '../../../src/errors.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const issuer = 'https://issuer.example'
const { authenticate } = createAuthenticator({
  issuer,
  audience: 'gateway',
  defaultTenant: 'main',
  keys: { from: 'pem', pem: publicKey.export({ type: 'spki', format: 'pem' }).toString() },
})
const goodToken = await mintToken(
  { privateKey, algorithm: 'EdDSA', keyId: 'one', issuer, audience: 'gateway' },
  { kind: 'user', id: 'person-7', lifetimeSeconds: 3600 },
)

const codeOf = async (header: string): Promise<string> => {
  try {
    await authenticate(header)
  } catch (error) {
    return error instanceof GatewayError ? error.code : 'another error'
  }
  return 'accepted'
}

const base64url = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
const jsonPart = fc.json().map((text) => Buffer.from(text).toString('base64url'))

test('random strings never authenticate', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string().map((text) => `Bearer ${text}`),
        fc.tuple(jsonPart, jsonPart, base64url).map((parts) => `Bearer ${parts.join('.')}`),
      ),
      async (header) => {
        expect(await codeOf(header)).toBe('UNAUTHENTICATED')
      },
    ),
    { numRuns: 500 },
  )
})

test('a valid token with any one character of its header or claims changed does not authenticate', async () => {
  const end = goodToken.lastIndexOf('.')
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: end - 1 }),
      fc.constantFrom('A', 'Z', 'b', 'y', '0', '9', '-', '_', '.'),
      async (position, character) => {
        fc.pre(goodToken[position] !== character)
        const changed = goodToken.slice(0, position) + character + goodToken.slice(position + 1)
        expect(await codeOf(`Bearer ${changed}`)).toBe('UNAUTHENTICATED')
      },
    ),
    { numRuns: 500 },
  )
})
