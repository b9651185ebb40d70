import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'

import { KeyRing } from '../src/crypto/key-ring.ts'
import { createKeyTuple } from '../src/crypto/key-tuple.ts'
import { decryptStream } from '../src/crypto/stream/decrypt-stream.ts'
import { encryptStream } from '../src/crypto/stream/encrypt-stream.ts'
import { FakeKeyProvider } from '../test/support/fake-key-provider.ts'
import { MemoryKeyStore } from '../test/support/memory-key-store.ts'
import { median } from './median.ts'
import { printTable, progress } from './report.ts'

const rounds = 9
const streamLength = 256_000_000
const longLength = 1_000_000_000
const pieceLength = 65_536
const piece = randomFillSync(Buffer.alloc(pieceLength))

interface Contestant {
  readonly name: string
  readonly encrypt: () => Promise<void>
  readonly decrypt: () => Promise<void>
}

/** Bytes through memory alone: what encryption costs, beside node:crypto over the same bytes; and memory for 1 GB. */
export async function benchStreams(): Promise<void> {
  // First, before the others have filled the heap.
  await benchMemory()
  const contestants = [wholeGcm(), chunkedGcm(), await sealgate()]
  const speeds = contestants.map(() => ({ encrypt: [] as number[], decrypt: [] as number[] }))
  for (let round = 0; round <= rounds; round += 1) {
    progress(`streams: round ${round} of ${rounds}`)
    for (const [index, { encrypt, decrypt }] of contestants.entries()) {
      const speed = { encrypt: await megabytes(encrypt), decrypt: await megabytes(decrypt) }
      // The first round warms up.
      if (round > 0) speeds[index]?.encrypt.push(speed.encrypt)
      if (round > 0) speeds[index]?.decrypt.push(speed.decrypt)
    }
  }
  const medians = speeds.map(({ encrypt, decrypt }) => ({
    encrypt: median(encrypt),
    decrypt: median(decrypt),
  }))
  const [, base = { encrypt: NaN, decrypt: NaN }] = medians
  printTable(
    `A stream of ${streamLength / 1e6} MB, in pieces of 64 KiB`,
    contestants.map(({ name }, index) => {
      const { encrypt, decrypt } = medians[index] ?? { encrypt: NaN, decrypt: NaN }
      return {
        cipher: name,
        'encrypt MB/s': encrypt.toFixed(0),
        'encrypt ratio': (encrypt / base.encrypt).toFixed(2),
        'decrypt MB/s': decrypt.toFixed(0),
        'decrypt ratio': (decrypt / base.decrypt).toFixed(2),
      }
    }),
  )
}

async function benchMemory(): Promise<void> {
  progress('streams: memory')
  const options = streamOptions()
  const idle = process.memoryUsage.rss()
  let peak = idle
  let encrypted = 0
  const watched = async function* (): AsyncGenerator<Buffer> {
    for await (const bytes of encryptStream(pieces(longLength), options)) {
      encrypted += bytes.length
      peak = Math.max(peak, process.memoryUsage.rss())
      yield bytes
    }
  }
  let opened = 0
  for await (const bytes of decryptStream(watched(), options)) opened += bytes.length
  if (opened !== longLength || encrypted <= longLength) throw new Error('The stream did not come back whole.')
  printTable('Resident memory while 1 GB is encrypted and decrypted', [
    { memory: 'idle, MiB', figure: mebibytes(idle) },
    { memory: 'more at the peak, MiB', figure: mebibytes(peak - idle) },
  ])
}

/** Megabytes for a second of processor time, of all threads: what others do on the machine counts less in it. */
async function megabytes(run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return streamLength / (user + system)
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}

function* pieces(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= pieceLength) yield piece.subarray(0, Math.min(left, pieceLength))
}

async function consume(source: AsyncIterable<Buffer>): Promise<void> {
  for await (const bytes of source) if (bytes.length < 0) throw new Error('unreachable')
}

function streamOptions() {
  const keys = new KeyRing({ store: new MemoryKeyStore(), provider: new FakeKeyProvider() })
  const tuple = createKeyTuple({ tenant: 'default', scope: 'TENANT', scopeId: '' }, 'PII', 'REVEAL')
  return { keys, tuple, context: ['file'] }
}

async function sealgate(): Promise<Contestant> {
  const options = streamOptions()
  const sealed: Buffer[] = []
  for await (const bytes of encryptStream(pieces(streamLength), options)) sealed.push(bytes)
  return {
    name: 'Sealgate, format version 1',
    encrypt: () => consume(encryptStream(pieces(streamLength), options)),
    decrypt: () => consume(decryptStream(sealed, options)),
  }
}

const cipherOptions = { authTagLength: 16 }
const key = randomFillSync(Buffer.alloc(32))
const nonce = Buffer.alloc(12)

/** One message: plaintext would leave before the only tag is verified. */
function wholeGcm(): Contestant {
  const encrypt = (): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce, cipherOptions)
    for (const bytes of pieces(streamLength)) cipher.update(bytes)
    cipher.final()
    return cipher.getAuthTag()
  }
  return {
    name: 'node:crypto alone, one message',
    encrypt: () => {
      encrypt()
      return Promise.resolve()
    },
    // In counter mode decryption of anything costs the same; nothing has the tag of this.
    decrypt: () => {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, cipherOptions)
      for (const bytes of pieces(streamLength)) decipher.update(bytes)
      return Promise.resolve()
    },
  }
}

/** A message for each piece and nothing around it: what the construction costs at least. */
function chunkedGcm(): Contestant {
  const encryptPiece = (bytes: Buffer): { readonly ciphertext: Buffer; readonly tag: Buffer } => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce, cipherOptions)
    const ciphertext = cipher.update(bytes)
    cipher.final()
    return { ciphertext, tag: cipher.getAuthTag() }
  }
  const sealed = Array.from(pieces(streamLength), encryptPiece)
  return {
    name: 'node:crypto alone, a message a piece',
    encrypt: () => {
      for (const bytes of pieces(streamLength)) encryptPiece(bytes)
      return Promise.resolve()
    },
    decrypt: () => {
      for (const { ciphertext, tag } of sealed) {
        const decipher = createDecipheriv('aes-256-gcm', key, nonce, cipherOptions)
        decipher.setAuthTag(tag)
        decipher.update(ciphertext)
        decipher.final()
      }
      return Promise.resolve()
    },
  }
}
