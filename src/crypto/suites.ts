import { aesGcm, chacha20Poly1305, xaesGcm, type Aead } from './aead.ts'
import type { KeyLabel } from './data-key.ts'

/** A way to encrypt fields: one row, known by the number in the header of what it wrote. */
export interface Suite {
  readonly id: number
  readonly name: string
  /** Every suite has subkeys of its own. */
  readonly label: KeyLabel
  readonly nonceLength: number
  readonly aead: Aead
}

const suites = {
  // SUBJECT and DOCUMENT keys: far fewer than the 2^32 messages that SP 800-38D §8.3 allows with random nonces.
  1: { id: 1, name: 'AES-256-GCM', label: 'encrypt/aes-256-gcm', nonceLength: 12, aead: aesGcm },
  // TENANT and MODEL keys: a key per message, from a 192-bit nonce that can be random without counting.
  2: { id: 2, name: 'XAES-256-GCM', label: 'encrypt/xaes-256-gcm', nonceLength: 24, aead: xaesGcm },
  // By configuration, where the processor has no AES instructions.
  3: {
    id: 3,
    name: 'ChaCha20-Poly1305',
    label: 'encrypt/chacha20-poly1305',
    nonceLength: 12,
    aead: chacha20Poly1305,
  },
} as const satisfies Record<number, Suite>

export type SuiteId = keyof typeof suites

export function getSuite(id: SuiteId): Suite {
  return suites[id]
}

const suitesById = new Map<number, Suite>(Object.values(suites).map((suite) => [suite.id, suite]))

/** For a number that was stored; what is not in the table does not decrypt. */
export function findSuite(id: number): Suite | undefined {
  return suitesById.get(id)
}
