import { describe, expect, test } from '@jest/globals'
import { applyMask, isMaskStyle, masks, type MaskStyle } from '../../../src/masking/index.ts'
import { maskingVectors, readVectorValue, vectorPseudonym } from '../../support/masking-vectors.ts'

const styles = Object.keys(masks).filter(isMaskStyle)

test('every style has vectors, and every vector a style', () => {
  expect(Object.keys(maskingVectors).toSorted()).toEqual(styles.toSorted())
})

describe.each(styles)('%s', (style: MaskStyle) => {
  const { version, vectors } = maskingVectors[style] ?? { version: 0, vectors: [] }

  test('has at least 15 vectors, of the version in the code', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(15)
    expect(version).toBe(masks[style].version)
  })

  test('has no vector twice', () => {
    const inputs = vectors.map(({ value, parameters }) => JSON.stringify([value, parameters]))
    expect(new Set(inputs).size).toBe(inputs.length)
  })

  test.each(vectors.map((vector) => ({ title: JSON.stringify(vector.value).slice(0, 60), ...vector })))(
    'masks $title as published',
    ({ value, masked, parameters }) => {
      const result = applyMask(style, readVectorValue(value), parameters, vectorPseudonym)
      expect(result).toBe(readVectorValue(masked))
    },
  )

  test('gives the examples it states', () => {
    for (const { value, masked } of masks[style].examples) {
      expect(applyMask(style, value, {}, vectorPseudonym)).toBe(masked)
    }
  })
})
