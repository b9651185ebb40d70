/** `BUCKETS` hides the length of a value inside its bucket, `WIDE_BUCKETS` inside 256 bytes at least; `NONE` stores the exact length. */
export type Padding = 'BUCKETS' | 'WIDE_BUCKETS' | 'NONE'

const smallestBuckets = { BUCKETS: 64, WIDE_BUCKETS: 256 } as const
const largestPowerOfTwo = 1024

/**
 * The length a plaintext of `length` bytes is padded to.
 *
 * Up to 1 KiB the next power of two from 64 (or 256) on: numbers, dates, enums, masks, e-mail addresses, names, card numbers and
 * IBANs all end in the first bucket. Above that Padmé (Nikitin et al., PETS 2019, §4.3): at most 6.25 % more, and the
 * stored length tells O(log log n) bits.
 */
export function paddedLength(length: number, padding: Padding): number {
  if (padding === 'NONE') return length
  const smallest = smallestBuckets[padding]
  if (length <= smallest) return smallest
  const exponent = 31 - Math.clz32(length)
  if (length <= largestPowerOfTwo) return length === 2 ** exponent ? length : 2 ** (exponent + 1)
  const step = 2 ** (exponent - (32 - Math.clz32(exponent)))
  return Math.ceil(length / step) * step
}
