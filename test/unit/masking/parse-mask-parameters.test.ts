import { describe, expect, test } from '@jest/globals'
import { GatewayError } from '../../../src/errors.ts'
import { parseMaskParameters } from '../../../src/masking/index.ts'

describe('parseMaskParameters', () => {
  test('returns what a style takes', () => {
    expect(parseMaskParameters('ROUND', { step: 500 })).toEqual({ step: 500 })
    expect(parseMaskParameters('PAN', {})).toEqual({})
  })

  test('refuses a parameter the style does not take, and names those it takes', () => {
    expect(() => parseMaskParameters('PAN', { step: 500 })).toThrow(
      new GatewayError('SCHEMA_INVALID', {
        message: 'Masking style PAN has no parameter "step"; it takes none.',
      }),
    )
    expect(() => parseMaskParameters('ROUND', { steps: 500 })).toThrow('it takes step')
  })

  test.each([0, 1, -1000, 2.5, NaN, Infinity, 2 ** 53, '1000', null])('refuses %p as a step', (step) => {
    expect(() => parseMaskParameters('ROUND', { step })).toThrow(GatewayError)
  })
})
