import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import {
  loadPackageDefinition,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  status,
} from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'

import { crc32c } from '../../src/kms/gcp-kms/crc32c.ts'
import type { Fault } from './faulty-proxy.ts'

interface Version {
  readonly key: Buffer
  readonly state: string
}

interface CryptoKey {
  readonly purpose: string
  readonly versions: Version[]
}

type Request = Readonly<Record<string, any>>
type Handler = (request: Request) => object

/**
 * Google Cloud KMS over gRPC, from the protocol files that the SDK carries, as far as the SDK asks it here: keys with
 * versions, encrypt by the primary one, decrypt by whichever wrapped, associated data, and checksums both ways. A
 * connection that breaks is UNAVAILABLE, as the SDK itself calls it.
 */
export class FakeGcpKms {
  fault: Fault = 'none'
  /** Calls of `decrypt`. */
  decrypts = 0
  /** Changes one bit of what is answered, or of what was received, as a faulty network card would. */
  corrupts: 'nothing' | 'answers' | 'requests' = 'nothing'
  readonly #server = new Server()
  readonly #keys = new Map<string, CryptoKey>()
  #port = 0

  static async start(): Promise<FakeGcpKms> {
    const fake = new FakeGcpKms()
    const json = createRequire(import.meta.url).resolve('@google-cloud/kms/build/protos/protos.json')
    const definition = fromJSON(JSON.parse(readFileSync(json, 'utf8')) as Parameters<typeof fromJSON>[0], {
      enums: String,
      longs: Number,
    })
    const loaded = loadPackageDefinition(definition) as any
    const { service } = loaded.google.cloud.kms.v1.KeyManagementService as ServiceClientConstructor
    fake.#server.addService(service, {
      getCryptoKey: fake.#handle((request) => fake.#get(request)),
      encrypt: fake.#handle((request) => fake.#encrypt(request)),
      decrypt: fake.#handle((request) => fake.#decrypt(request)),
    })
    fake.#port = await new Promise<number>((resolve, reject) => {
      fake.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port)
        else reject(error)
      })
    })
    return fake
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Makes a key, or a new primary version of one. */
  createKey(name: string, { purpose = 'ENCRYPT_DECRYPT', state = 'ENABLED' } = {}): void {
    const versions = this.#keys.get(name)?.versions ?? []
    this.#keys.set(name, { purpose, versions: [...versions, { key: randomBytes(32), state }] })
  }

  close(): void {
    this.#server.forceShutdown()
  }

  #handle(handler: Handler) {
    return (call: ServerUnaryCall<Request, object>, answer: sendUnaryData<object>): void => {
      const { fault } = this
      if (fault === 'drop once') this.fault = 'none'
      if (fault === 'hang') return
      if (fault !== 'none') {
        answer({ code: status.UNAVAILABLE, details: 'no connection' })
        return
      }
      try {
        answer(null, handler(call.request))
      } catch (error) {
        answer({ code: error instanceof Refusal ? error.code : status.INTERNAL, details: 'refused' })
      }
    }
  }

  #get({ name }: Request): object {
    const { purpose, versions } = this.#keyOf(name)
    const primary = {
      name: `${String(name)}/cryptoKeyVersions/${versions.length}`,
      state: versions.at(-1)?.state,
    }
    return { name, purpose, primary }
  }

  #encrypt(request: Request): object {
    const plaintext = request.plaintext as Buffer
    const aad = request.additionalAuthenticatedData as Buffer
    if (this.corrupts === 'requests') plaintext.writeUInt8(plaintext.readUInt8() ^ 1)
    checkSum(plaintext, request.plaintextCrc32c)
    checkSum(aad, request.additionalAuthenticatedDataCrc32c)
    const { versions } = this.#keyOf(request.name)
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', versions.at(-1)?.key ?? Buffer.alloc(0), nonce).setAAD(aad)
    const sealed = [cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]
    const ciphertext = Buffer.concat([Buffer.from([versions.length]), nonce, ...sealed])
    return {
      name: request.name,
      ...this.#answered('ciphertext', ciphertext),
      verifiedPlaintextCrc32c: true,
      verifiedAdditionalAuthenticatedDataCrc32c: true,
    }
  }

  #decrypt(request: Request): object {
    this.decrypts += 1
    const ciphertext = request.ciphertext as Buffer
    const aad = request.additionalAuthenticatedData as Buffer
    checkSum(ciphertext, request.ciphertextCrc32c)
    checkSum(aad, request.additionalAuthenticatedDataCrc32c)
    const { versions } = this.#keyOf(request.name)
    try {
      const key = versions[ciphertext.readUInt8() - 1]?.key ?? Buffer.alloc(0)
      const decipher = createDecipheriv('aes-256-gcm', key, ciphertext.subarray(1, 13)).setAAD(aad)
      decipher.setAuthTag(ciphertext.subarray(-16))
      const plaintext = Buffer.concat([decipher.update(ciphertext.subarray(13, -16)), decipher.final()])
      return this.#answered('plaintext', plaintext)
    } catch {
      throw new Refusal(status.INVALID_ARGUMENT)
    }
  }

  #answered(field: string, bytes: Buffer): object {
    const sum = { value: crc32c(bytes) }
    if (this.corrupts === 'answers') bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
    return { [field]: bytes, [`${field}Crc32c`]: sum }
  }

  #keyOf(name: string): CryptoKey {
    const key = this.#keys.get(name)
    if (key === undefined) throw new Refusal(status.NOT_FOUND)
    return key
  }
}

class Refusal extends Error {
  readonly code: status

  constructor(code: status) {
    super('refused')
    this.code = code
  }
}

function checkSum(bytes: Buffer, sum: { readonly value: number } | null): void {
  if (sum !== null && sum.value !== crc32c(bytes)) throw new Refusal(status.INVALID_ARGUMENT)
}
