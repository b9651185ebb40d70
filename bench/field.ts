import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'

import { RowAddress } from '../src/crypto/associated-data.ts'
import { DataKey } from '../src/crypto/data-key.ts'
import { FieldCipher } from '../src/crypto/field-cipher.ts'
import type { SuiteId } from '../src/crypto/suites.ts'
import { median } from './median.ts'
import { printTable, progress } from './report.ts'

const rounds = 15
const callsPerRound = 10_000
const text = 'value 0001'

interface Contestant {
  readonly name: string
  readonly seal: () => unknown
  readonly open: () => unknown
}

/** One field, from value to stored bytes and back, beside what node:crypto alone takes for as many bytes. */
export function benchField(): Promise<void> {
  const contestants = [
    bareAesGcm(),
    sealgate('Sealgate, AES-256-GCM (suite 1)', 1),
    sealgate('Sealgate, XAES-256-GCM (suite 2)', 2),
    sealgate('Sealgate, ChaCha20-Poly1305 (suite 3)', 3),
  ]
  const measured = contestants.map(() => ({ seal: [] as number[], open: [] as number[] }))
  for (let round = 0; round <= rounds; round += 1) {
    progress(`field: round ${round} of ${rounds}`)
    for (const [index, { seal, open }] of contestants.entries()) {
      const times = { seal: microseconds(seal), open: microseconds(open) }
      // The first round warms up.
      if (round > 0) measured[index]?.seal.push(times.seal)
      if (round > 0) measured[index]?.open.push(times.open)
    }
  }
  const medians = measured.map(({ seal, open }) => ({ seal: median(seal), open: median(open) }))
  const [base = { seal: NaN, open: NaN }] = medians
  printTable(
    `One field of ${text.length} characters, padded to 64 bytes`,
    contestants.map(({ name }, index) => {
      const { seal, open } = medians[index] ?? { seal: NaN, open: NaN }
      return {
        cipher: name,
        'seal µs': seal.toFixed(2),
        'seal, to bare': (seal / base.seal).toFixed(2),
        'open µs': open.toFixed(2),
        'open, to bare': (open / base.open).toFixed(2),
      }
    }),
  )
  return Promise.resolve()
}

function microseconds(call: () => unknown): number {
  const began = performance.now()
  for (let count = 0; count < callsPerRound; count += 1) call()
  return ((performance.now() - began) * 1_000) / callsPerRound
}

function sealgate(name: string, suite: SuiteId): Contestant {
  const cipher = new FieldCipher({
    purpose: 'REVEAL',
    tenant: 'default',
    collection: 'customers',
    path: 'email',
    type: 'STRING',
    suite,
  })
  const key = DataKey.create()
  const row = new RowAddress('subject-0001', 'document-0001')
  const stored = cipher.encrypt(key, row, text)
  return {
    name,
    seal: () => cipher.encrypt(key, row, text),
    open: () => cipher.decrypt(key, row, stored),
  }
}

/** The same key and plaintext lengths, a fresh nonce for each message and associated data as long as Sealgate's. */
function bareAesGcm(): Contestant {
  const key = randomFillSync(Buffer.alloc(32))
  const aad = randomFillSync(Buffer.alloc(146))
  const plaintext = Buffer.alloc(64, text)
  const options = { authTagLength: 16 }
  const seal = (): { nonce: Buffer; ciphertext: Buffer; tag: Buffer } => {
    const nonce = randomFillSync(Buffer.allocUnsafe(12))
    const cipher = createCipheriv('aes-256-gcm', key, nonce, options)
    cipher.setAAD(aad)
    const ciphertext = cipher.update(plaintext)
    cipher.final()
    return { nonce, ciphertext, tag: cipher.getAuthTag() }
  }
  const { nonce, ciphertext, tag } = seal()
  return {
    name: 'node:crypto alone, AES-256-GCM',
    seal,
    open: () => {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, options)
      decipher.setAAD(aad)
      decipher.setAuthTag(tag)
      const opened = decipher.update(ciphertext)
      decipher.final()
      return opened.toString('utf8')
    },
  }
}
