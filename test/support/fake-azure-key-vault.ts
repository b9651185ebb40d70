import {
  constants,
  createHash,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  privateEncrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'

interface KeyVersion {
  readonly version: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly type: string
  readonly operations: readonly string[]
}

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }

/**
 * Azure Key Vault's REST API, as far as the SDK asks it here, after its reference (api-version 7.x): the challenge of a
 * request without token, key bundles, wrapkey and unwrapkey by RSA-OAEP-256, sign by PS256, and its error bodies.
 */
export class FakeAzureKeyVault {
  readonly #server: Server
  readonly #keys = new Map<string, KeyVersion[]>()
  /** Operations that a role denies, such as `sign`. */
  readonly denied = new Set<string>()

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
  }

  static async start(): Promise<FakeAzureKeyVault> {
    const fake = new FakeAzureKeyVault()
    fake.#server.listen(0, '127.0.0.1')
    await once(fake.#server, 'listening')
    return fake
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Makes a key, or a new version of one. */
  async createKey(
    name: string,
    { type = 'RSA', operations = ['wrapKey', 'unwrapKey', 'sign'] } = {},
  ): Promise<void> {
    const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    const version = { ...pair, version: randomBytes(16).toString('hex'), type, operations }
    this.#keys.set(name, [...(this.#keys.get(name) ?? []), version])
  }

  /** What anybody has who may read a key. */
  publicKeyOf(name: string): { readonly version: string; readonly publicKey: KeyObject } {
    const key = this.#keys.get(name)?.at(-1)
    if (key === undefined) throw new Error(`no key ${name}`)
    return key
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const reply = (status: number, body: object, headers = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    }
    const fail = (status: number, code: string): void => {
      reply(status, { error: { code, message: `${code}.` } })
    }
    if (request.headers.authorization !== 'Bearer fake-token') {
      const challenge =
        'Bearer authorization="https://login.invalid/tenant", resource="https://vault.azure.net"'
      reply(401, { error: { code: 'Unauthorized' } }, { 'www-authenticate': challenge })
      return
    }
    const path = new URL(request.url ?? '', this.address).pathname.split('/').slice(1)
    const [, name = '', version = '', operation] = path
    const versions = this.#keys.get(name)
    const key = version === '' ? versions?.at(-1) : versions?.find((one) => one.version === version)
    if (key === undefined) {
      fail(404, 'KeyNotFound')
      return
    }
    if (this.denied.has(operation ?? 'get')) {
      fail(403, 'Forbidden')
      return
    }
    const kid = `${this.address}/keys/${name}/${key.version}`
    if (request.method === 'GET') {
      const { n, e } = key.publicKey.export({ format: 'jwk' })
      const attributes = { enabled: true, created: 1, updated: 1 }
      reply(200, { key: { kid, kty: key.type, key_ops: key.operations, n, e }, attributes })
      return
    }
    const { alg, value } = JSON.parse(Buffer.concat(chunks).toString()) as { alg: string; value: string }
    const input = Buffer.from(value, 'base64url')
    try {
      const result = run(`${operation ?? ''} ${alg}`, key, input)
      reply(200, { kid, value: result.toString('base64url') })
    } catch {
      fail(400, 'BadParameter')
    }
  }
}

function run(operation: string, { publicKey, privateKey }: KeyVersion, input: Buffer): Buffer {
  if (operation === 'wrapkey RSA-OAEP-256') return publicEncrypt({ key: publicKey, ...oaep }, input)
  if (operation === 'unwrapkey RSA-OAEP-256') return privateDecrypt({ key: privateKey, ...oaep }, input)
  if (operation === 'sign PS256' && input.length === 32) {
    return privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encodePss(input, 256))
  }
  throw new Error('not supported')
}

/** EMSA-PSS-ENCODE of RFC 8017, 9.1.1, with SHA-256 and a salt of its length, for a modulus of 8 · length bits. */
function encodePss(digest: Buffer, length: number): Buffer {
  const salt = randomBytes(32)
  const hash = createHash('sha256')
    .update(Buffer.concat([Buffer.alloc(8), digest, salt]))
    .digest()
  const block = Buffer.concat([Buffer.alloc(length - 66), Buffer.from([1]), salt])
  const mask = generateMask(hash, block.length)
  for (const [index, byte] of mask.entries()) block[index] = (block[index] ?? 0) ^ byte
  block.writeUInt8(block.readUInt8() & 0x7f)
  return Buffer.concat([block, hash, Buffer.from([0xbc])])
}

/** MGF1 of RFC 8017, B.2.1, with SHA-256. */
function generateMask(seed: Buffer, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, counter) => {
    const suffix = Buffer.alloc(4)
    suffix.writeUInt32BE(counter)
    return createHash('sha256').update(seed).update(suffix).digest()
  })
  return Buffer.concat(blocks).subarray(0, length)
}
