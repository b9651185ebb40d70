import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'

import { lengthPrefixed } from '../../crypto/length-prefixed.ts'
import type { KeyUse } from '../intermediate/key-service.ts'

// An intermediate key under an RSA key: format, version of that key, length of the ciphertext (16 bits), ciphertext,
// signature. RSA-OAEP knows no context, and whoever has the public key can encrypt: the signature says that the holder of
// the key did, for this use.
const format = 1
const versionLength = 16
const headerLength = 1 + versionLength + 2
const longest = 2 * 1_024 + headerLength

export interface SignedKey {
  /** Of the RSA key, 32 hexadecimal digits. */
  readonly keyVersion: string
  readonly ciphertext: Buffer
  readonly signature: Buffer
}

export function packSignedKey({ keyVersion, ciphertext, signature }: SignedKey): Buffer {
  const header = Buffer.alloc(headerLength)
  header.writeUInt8(format)
  header.write(keyVersion, 1, 'hex')
  header.writeUInt16BE(ciphertext.length, 1 + versionLength)
  return Buffer.concat([header, ciphertext, signature])
}

/** Undefined for bytes of another form. */
export function unpackSignedKey(bytes: Buffer): SignedKey | undefined {
  if (bytes.length <= headerLength || bytes.length > longest || bytes.readUInt8() !== format) return undefined
  const end = headerLength + bytes.readUInt16BE(1 + versionLength)
  if (end === headerLength || end >= bytes.length) return undefined
  return {
    keyVersion: bytes.toString('hex', 1, 1 + versionLength),
    ciphertext: bytes.subarray(headerLength, end),
    signature: bytes.subarray(end),
  }
}

/** What the signature is over. */
export function signedBytes(
  { tenant, keyType, purpose, version }: KeyUse,
  { keyVersion, ciphertext }: Omit<SignedKey, 'signature'>,
): Buffer {
  const parts = ['sealgate/azure-key-vault/v1', tenant, keyType, purpose, String(version), keyVersion]
  return lengthPrefixed([...parts, ciphertext])
}

/** RSASSA-PSS with SHA-256 (PS256), in this process: no request is made for bytes that nobody signed. */
export function isSigned(publicKey: KeyObject, use: KeyUse, signed: SignedKey): boolean {
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return verify('sha256', signedBytes(use, signed), { key: publicKey, ...padding }, signed.signature)
}

export function importPublicKey({ n, e }: { readonly n: Uint8Array; readonly e: Uint8Array }): KeyObject {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  return createPublicKey({ format: 'jwk', key: { kty: 'RSA', n: text(n), e: text(e) } })
}
