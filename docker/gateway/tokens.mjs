// A stand-in for an identity provider, for `docker compose` on one machine: the gateway gets the public key only.
//
//   node tokens.mjs make                              makes the key pair, once
//   node tokens.mjs sign ID [--role R] [--scope S]    prints a token of one hour
//
// TOKEN_KEY_DIR         where the private key is kept
// GATEWAY_TOKEN_KEY_DIR where the gateway reads public.pem
// SEALGATE_JWT_ISSUER   the issuer that the gateway accepts
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { TOKEN_KEY_DIR, GATEWAY_TOKEN_KEY_DIR, SEALGATE_JWT_ISSUER } = process.env
const privatePath = join(TOKEN_KEY_DIR, 'private.pem')

function makeKeys() {
  if (!existsSync(privatePath)) {
    const { privateKey } = generateKeyPairSync('ed25519')
    publish(privatePath, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
  }
  const publicKey = createPublicKey(readFileSync(privatePath))
  publish(join(GATEWAY_TOKEN_KEY_DIR, 'public.pem'), publicKey.export({ type: 'spki', format: 'pem' }), 0o644)
}

async function signToken(id, roles, scopes) {
  const { mintToken } = await import('../../dist/auth/mint-token.js')
  const privateKey = createPrivateKey(readFileSync(privatePath))
  const key = {
    privateKey,
    algorithm: 'EdDSA',
    keyId: 'compose',
    issuer: SEALGATE_JWT_ISSUER,
    audience: 'sealgate',
  }
  return mintToken(key, { kind: 'user', id, roles, scopes, lifetimeSeconds: 3600 })
}

function publish(path, text, mode) {
  writeFileSync(`${path}.draft`, text, { mode })
  renameSync(`${path}.draft`, path)
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { role: { type: 'string', multiple: true }, scope: { type: 'string', multiple: true } },
})
const [command, id] = positionals
if (command === 'make' && id === undefined) makeKeys()
else if (command === 'sign' && id !== undefined) {
  process.stdout.write(`${await signToken(id, values.role ?? [], values.scope ?? [])}\n`)
} else {
  process.stderr.write('usage: tokens.mjs make | sign ID [--role ROLE]... [--scope SCOPE]...\n')
  process.exitCode = 2
}
