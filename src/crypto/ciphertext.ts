import { GatewayError } from '../errors.ts'
import { findSuite, type Suite } from './suites.ts'

/** The one stored form there is so far; `docs/ciphertext-format.md` describes it to the byte. */
export const formatVersion = 1

/** BSON binary subtype under which field ciphertexts are stored. */
export const ciphertextSubtype = 0x80

const keyIdStart = 2
/** Version, suite and key id: authenticated as associated data. */
export const headerLength = 34
export const tagLength = 16
/** Of the padded plaintext. A document has at most 16 MiB, a request body 4 MiB. */
export const maxPlaintextLength = 8 * 1024 * 1024
export const minPlaintextLength = 5

/** The key id of a stored form as lower-case hex, for {@link KeyRequest}; undefined when it is no stored form at all. */
export function keyIdOf(stored: Uint8Array): string | undefined {
  return stored.length < headerLength
    ? undefined
    : Buffer.from(stored).toString('hex', keyIdStart, headerLength)
}

/** What the header of a stored form says, for inspection; nothing of it is authenticated before decryption. */
export interface CiphertextHeader {
  readonly version: number
  readonly suite: Suite
  readonly keyId: string
}

/** @throws `DECRYPTION_FAILED` when version, suite or length are not of the allow-list. */
export function parseHeader(stored: Uint8Array): CiphertextHeader {
  const suite = findSuite(stored[1] ?? 0)
  if (suite === undefined) throw new GatewayError('DECRYPTION_FAILED')
  return { version: formatVersion, suite, keyId: keyIdOf(stored) ?? '' }
}
