import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

import { answerBatch, type BatchHandler, type BatchItem } from './fake-vault.ts'

type ContextItem = BatchItem & { readonly context?: string }

/** A transit engine with one key, which can be switched off: it then answers that the service is unavailable. */
export class FakeTransit {
  down = false
  readonly #key: Buffer

  constructor(key: Buffer = randomBytes(32)) {
    this.#key = key
  }

  readonly handler: BatchHandler = (items, response) => {
    if (this.down) response.writeHead(503).end('{"errors":[]}')
    else response.end(answerBatch(items.map((item) => this.#answer(item))))
  }

  #answer({ reference, plaintext, ciphertext, context = '' }: ContextItem): object {
    const aad = Buffer.from(context, 'base64')
    if (plaintext !== undefined) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(aad)
      const body = [cipher.update(Buffer.from(plaintext, 'base64')), cipher.final()]
      const wrapped = Buffer.concat([nonce, ...body, cipher.getAuthTag()]).toString('base64')
      return { reference, ciphertext: `vault:v1:${wrapped}`, key_version: 1 }
    }
    const bytes = Buffer.from(ciphertext?.split(':')[2] ?? '', 'base64')
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, 12)).setAAD(aad)
      decipher.setAuthTag(bytes.subarray(44))
      const key = Buffer.concat([decipher.update(bytes.subarray(12, 44)), decipher.final()])
      return { reference, plaintext: key.toString('base64') }
    } catch {
      return { reference, error: 'cipher: message authentication failed' }
    }
  }
}
