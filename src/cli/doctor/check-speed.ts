import { createCipheriv, randomBytes } from 'node:crypto'

import { RowAddress } from '../../crypto/associated-data.ts'
import { DataKey } from '../../crypto/data-key.ts'
import { FieldCipher } from '../../crypto/field-cipher.ts'
import { type Finding, ok, warning } from './finding.ts'

/** In MB/s; more than AES-GCM reaches without instructions of the processor for it. */
const softwareLimit = 500

/** Measures instead of asking: a virtual machine may hide what the processor has, or show what it has not. */
export function checkAes(): Finding {
  const aes = megabytesPerSecond('aes-256-gcm')
  const chacha = megabytesPerSecond('chacha20-poly1305')
  const detail = `AES-256-GCM ${aes} MB/s, ChaCha20-Poly1305 ${chacha} MB/s, measured`
  if (aes > softwareLimit) return ok('AES hardware', `used: ${detail}`)
  return warning(
    'AES hardware',
    `not used: ${detail}`,
    'use a processor with AES instructions, and let virtual machines see them.',
  )
}

function megabytesPerSecond(algorithm: 'aes-256-gcm' | 'chacha20-poly1305'): number {
  const block = Buffer.alloc(2 ** 20)
  const cipher = createCipheriv(algorithm as 'aes-256-gcm', randomBytes(32), randomBytes(12), {
    authTagLength: 16,
  })
  const milliseconds = fastest(60, () => cipher.update(block))
  return Math.round(block.length / 1_000 / milliseconds)
}

/** What a field costs beside the rest of a request, with its key at hand. */
export function checkFieldSpeed(): Finding {
  const coordinates = { tenant: 'doctor', collection: 'doctor', path: 'email', purpose: 'REVEAL' } as const
  const cipher = new FieldCipher({ ...coordinates, type: 'STRING', suite: 1 })
  const row = new RowAddress('doctor', 'doctor', [])
  const key = DataKey.create()
  const stored = cipher.encrypt(key, row, 'somebody@example.com')
  const seal = microseconds(() => cipher.encrypt(key, row, 'somebody@example.com'))
  const open = microseconds(() => cipher.decrypt(key, row, stored))
  key.release()
  return ok('Field', `${seal} µs to encrypt, ${open} µs to decrypt a short text, measured`)
}

function microseconds(call: () => unknown): string {
  const batch = 50
  const milliseconds = fastest(150, () => {
    for (let round = 0; round < batch; round++) call()
  })
  return ((milliseconds * 1_000) / batch).toFixed(1)
}

/** Milliseconds of the fastest of several calls: the others waited for what else the machine does. */
function fastest(calls: number, call: () => unknown): number {
  let least = Infinity
  for (let round = 0; round < calls; round++) {
    const started = performance.now()
    call()
    least = Math.min(least, performance.now() - started)
  }
  return least
}
