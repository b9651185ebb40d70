import { describe, expect, test } from '@jest/globals'
import { applyMask, isMaskStyle, masks } from '../../../src/masking/index.ts'

describe('applyMask', () => {
  test('hides numbers whole in text styles', () => {
    for (const style of ['FULL', 'LAST4', 'PAN', 'NAME', 'ADDRESS'] as const) {
      expect(applyMask(style, 4111111111111111)).toBe('****')
      expect(applyMask(style, 4111111111111111n)).toBe('****')
    }
  })

  test('rounds what is no number to zero, never to NaN or -0', () => {
    for (const value of [NaN, Infinity, -Infinity, -0, -0.4, '']) {
      expect(applyMask('ROUND', value)).toBe(0)
    }
  })

  test('keeps a bigint a bigint', () => {
    expect(applyMask('ROUND', 1499n)).toBe(1000n)
  })

  test('hides texts above 512 UTF-16 units whole, however they are built', () => {
    const longTexts = ['a'.repeat(5_000_000), '1 '.repeat(2_000_000), '\u0301'.repeat(1_000_000)]
    for (const style of Object.keys(masks).filter(isMaskStyle)) {
      if ('keyed' in masks[style] || style === 'ROUND' || style === 'YEAR') continue
      expect(longTexts.map((text) => applyMask(style, text))).toEqual(['****', '****', '****'])
    }
  })

  test('refuses to hash without a pseudonym function or with a short one', () => {
    expect(() => applyMask('HASH', 'jane')).toThrow(TypeError)
    expect(() => applyMask('HASH', 'jane', {}, () => new Uint8Array(15))).toThrow(TypeError)
  })

  test('never names the value in the error of a missing pseudonym function', () => {
    expect(() => applyMask('HASH', 'jane')).toThrow(/^(?!.*jane)/s)
  })
})

describe('isMaskStyle', () => {
  test('knows the styles and nothing inherited', () => {
    expect(isMaskStyle('PAN')).toBe(true)
    expect(['pan', 'toString', '__proto__', ''].filter(isMaskStyle)).toEqual([])
  })
})
