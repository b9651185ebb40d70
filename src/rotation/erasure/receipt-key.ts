import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

import { CompactSign, compactVerify, importJWK, type JWK } from 'jose'

import type { KeyRing } from '../../crypto/key-ring.ts'
import { createKeyTuple } from '../../crypto/key-tuple.ts'
import { GatewayError } from '../../errors.ts'

/** The key that receipts are signed with. Of the purpose INDEX: it decrypts nothing, and gets no successor by age. */
const receiptKeyTuple = createKeyTuple(
  { tenant: '', scope: 'MODEL', scopeId: 'sealgateErasures' },
  'AUDIT_LOG',
  'INDEX',
)

const algorithm = 'EdDSA'
const type = 'sealgate-erasure-receipt'

/** PKCS #8 of an Ed25519 key by RFC 8410, up to its 32 bytes. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * Signs receipts with an Ed25519 key that is derived from a data key of the installation, and so wrapped by the key service
 * and made once for all processes.
 */
export class ReceiptKey {
  readonly #ring: KeyRing

  constructor(ring: KeyRing) {
    this.#ring = ring
  }

  /** @returns a JSON Web Signature (RFC 7515) in its compact form @throws KEY_UNAVAILABLE */
  sign(payload: object): Promise<string> {
    return this.#with(undefined, (key, kid) =>
      new CompactSign(Buffer.from(JSON.stringify(payload)))
        .setProtectedHeader({ alg: algorithm, typ: type, kid })
        .sign(key),
    )
  }

  /**
   * For whoever verifies receipts elsewhere.
   *
   * @param kid - of a receipt; absent: the key that signs now
   * @throws KEY_UNAVAILABLE; DECRYPTION_FAILED where there is no such key
   */
  publicKey(kid?: string): Promise<JWK> {
    return this.#with(kid, (key, id) => ({
      ...(createPublicKey(key).export({ format: 'jwk' }) as JWK),
      use: 'sig',
      alg: algorithm,
      kid: id,
    }))
  }

  async #with<Result>(
    kid: string | undefined,
    work: (key: KeyObject, kid: string) => Promise<Result> | Result,
  ): Promise<Result> {
    const lease = this.#ring.openLease()
    try {
      if (kid === undefined) await lease.collectForWrite([receiptKeyTuple])
      else await lease.collectForRead([{ tuple: receiptKeyTuple, keyId: kid }])
      const dataKey =
        kid === undefined ? lease.writeKey(receiptKeyTuple) : lease.readKey(receiptKeyTuple, kid)
      const encoded = Buffer.allocUnsafeSlow(pkcs8Prefix.length + 32)
      pkcs8Prefix.copy(encoded)
      dataKey.subkey('sign/ed25519').copy(encoded, pkcs8Prefix.length)
      const key = createPrivateKey({ key: encoded, format: 'der', type: 'pkcs8' })
      encoded.fill(0)
      return await work(key, dataKey.keyId.toString('hex'))
    } finally {
      lease.release()
    }
  }
}

/**
 * Verifies a receipt by a public key, without an installation.
 *
 * @returns what it says
 * @throws BAD_USER_INPUT when it is not, to the byte, what was signed with that key
 */
export async function verifyReceipt(text: string, publicKey: JWK): Promise<unknown> {
  try {
    if (!isCanonical(text)) throw new Error('not the bytes that were signed')
    const key = await importJWK({ ...publicKey, alg: algorithm }, algorithm)
    const { payload, protectedHeader } = await compactVerify(text, key, { algorithms: [algorithm] })
    if (protectedHeader.typ !== type) throw new Error('another kind of signature')
    return JSON.parse(Buffer.from(payload).toString())
  } catch {
    throw new GatewayError('BAD_USER_INPUT', { message: 'The receipt is not what this key has signed.' })
  }
}

/** Which key a receipt says it was signed with; undefined when it is no receipt. */
export function keyOfReceipt(text: string): string | undefined {
  try {
    const header = JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()) as {
      kid?: unknown
    }
    return typeof header.kid === 'string' && /^[0-9a-f]{64}$/.test(header.kid) ? header.kid : undefined
  } catch {
    return undefined
  }
}

/** Base64url leaves bits at the end of a part that decoders ignore. */
function isCanonical(text: string): boolean {
  const parts = text.split('.')
  return (
    parts.length === 3 && parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)
  )
}
