import { randomFillSync } from 'node:crypto'

const pool = Buffer.allocUnsafeSlow(4096)
let used = pool.length

/** The next `length` random bytes; drawn from the CSPRNG a page at a time, because one call costs as much as a cipher. */
export function drawNonce(length: number): Buffer {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const nonce = pool.subarray(used, used + length)
  used += length
  return nonce
}
