import { describe, expect, test } from '@jest/globals'

import { paddedLength } from '../../../src/crypto/padding.ts'

describe('padding', () => {
  test.each([
    [5, 64],
    [64, 64],
    [65, 128],
    [128, 128],
    [129, 256],
    [257, 512],
    [513, 1024],
    [1024, 1024],
    [1025, 1088],
    [2048, 2048],
    [2049, 2176],
    [1_000_000, 1_015_808],
  ])('takes a plaintext of %d bytes to %d', (length, padded) => {
    expect(paddedLength(length, 'BUCKETS')).toBe(padded)
  })

  test('never shortens, never shrinks with length, and costs at most 6.25 % above 1 KiB', () => {
    let previous = 0
    for (let length = 5; length < 70_000; length += 1) {
      const padded = paddedLength(length, 'BUCKETS')
      if (padded < length || padded < previous || (length > 1024 && padded > length * 1.0625)) {
        throw new Error(`${length} → ${padded}`)
      }
      previous = padded
    }
    expect(previous).toBeGreaterThan(69_999)
  })

  test.each([
    [5, 256],
    [256, 256],
    [257, 512],
    [1025, 1088],
  ])('takes %d bytes to %d where buckets are wide', (length, padded) => {
    expect(paddedLength(length, 'WIDE_BUCKETS')).toBe(padded)
  })

  test('can be turned off', () => {
    expect(paddedLength(77, 'NONE')).toBe(77)
  })
})
