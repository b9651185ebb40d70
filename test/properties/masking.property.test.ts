import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { applyMask, isMaskStyle, masks, type MaskStyle } from '../../src/masking/index.ts'
import { maskingVectors, vectorPseudonym } from '../support/masking-vectors.ts'

const styles = Object.keys(masks).filter(isMaskStyle)

/** The most letters and digits an output shows, apart from the domain of EMAIL. */
const mostShown: Partial<Record<MaskStyle, number>> = {
  FULL: 0,
  LAST4: 4,
  PAN: 4,
  BIN_LAST4: 10,
  PHONE: 4,
  NAME: 2,
  IBAN: 6,
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

function readShown(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment).filter((grapheme) =>
    /[\p{L}\p{N}]/u.test(grapheme),
  )
}

/** Published inputs, cut up and joined again: odd values near the ones a style knows. */
const fragments = Object.values(maskingVectors)
  .flatMap(({ vectors }) => vectors.map(({ value }) => value))
  .filter((value) => typeof value === 'string')
  .flatMap((value) => [value, ...value.split(/(?=[\s,@./-])|(?<=[\s,@./-])/u)])
  .filter((value) => value.length < 100)

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom(...fragments), { maxLength: 8 }).map((parts) => parts.join('')),
)

const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), minLength, maxLength })
const letters = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyz')), minLength, maxLength })

const mask = (style: MaskStyle, value: string | number | bigint) =>
  applyMask(style, value, {}, vectorPseudonym)

describe.each(styles)('%s, for any text', (style) => {
  test('gives the same bounded answer each time and never throws', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const masked = mask(style, text)
        expect(mask(style, text)).toBe(masked)
        expect(String(masked).length).toBeLessThanOrEqual(200)
        expect(String(masked)).not.toMatch(/\p{Surrogate}/u)
      }),
      { numRuns: 500 },
    )
  })
})

describe.each(styles.filter((style) => !['ROUND', 'YEAR', 'HASH'].includes(style)))(
  '%s, for any text with a letter or digit',
  (style) => {
    test('never gives the text back', () => {
      fc.assert(
        fc.property(anyText, (text) => {
          const readable = text.normalize('NFC').trim()
          fc.pre(/[\p{L}\p{N}]/u.test(readable))
          expect(mask(style, text)).not.toContain(readable)
        }),
        { numRuns: 500 },
      )
    })
  },
)

describe.each(Object.entries(mostShown))('%s, for any text', (style, most) => {
  test(`shows at most ${most} letters and digits, and fewer than it hides`, () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = readShown(String(mask(style as MaskStyle, text)))
        expect(shown.length).toBeLessThanOrEqual(most)
        const all = readShown(text.normalize('NFC')).length
        if (shown.length > 0)
          expect(all - shown.length).toBeGreaterThan(style === 'BIN_LAST4' ? 4 : shown.length)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('what is hidden does not change the mask', () => {
  test('LAST4, whatever and however long the rest', () => {
    fc.assert(
      fc.property(letters(5, 60), letters(5, 60), letters(4, 4), (one, other, last) => {
        expect(mask('LAST4', one + last)).toBe(mask('LAST4', other + last))
      }),
    )
  })

  test('PAN, PHONE and IBAN, whatever and however long the rest', () => {
    fc.assert(
      fc.property(digits(11, 11), digits(8, 11), digits(4, 4), (one, other, last) => {
        expect(mask('PHONE', one + last)).toBe(mask('PHONE', `+${other}${last}`))
        expect(mask('PAN', one + last)).toBe(mask('PAN', other + last))
        expect(mask('IBAN', `DE${one}${last}`)).toBe(mask('IBAN', `DE${other}0000${last}`))
      }),
    )
  })

  test('BIN_LAST4, whatever and however long the middle', () => {
    fc.assert(
      fc.property(digits(6, 6), digits(5, 9), digits(5, 9), digits(4, 4), (first, one, other, last) => {
        expect(mask('BIN_LAST4', first + one + last)).toBe(mask('BIN_LAST4', first + other + last))
      }),
    )
  })

  test('NAME, whatever follows the initials and stands between the words', () => {
    const word = letters(2, 20)
    fc.assert(
      fc.property(word, word, word, word, word, (a, b, c, d, between) => {
        expect(mask('NAME', `x${a} y${b}`)).toBe(mask('NAME', `x${c} ${between} y${d}`))
      }),
    )
  })

  test('ADDRESS, whatever the number, flat, postal code and town', () => {
    const rest = fc.tuple(fc.integer({ min: 0 }), digits(1, 3), digits(5, 5), letters(2, 12))
    fc.assert(
      fc.property(rest, rest, (one, other) => {
        const write = ([number, flat, code, town]: typeof one) =>
          `${number} Main Street, Apt ${flat}, ${code} ${town}`
        expect(mask('ADDRESS', write(one))).toBe(mask('ADDRESS', write(other)))
      }),
    )
  })

  test('ROUND, within half a step', () => {
    fc.assert(
      fc.property(fc.integer({ min: -999, max: 999 }), fc.integer({ min: -499, max: 499 }), (steps, rest) => {
        expect(mask('ROUND', steps * 1000 + rest)).toBe(steps * 1000 + 0)
      }),
    )
  })
})

describe('ADDRESS', () => {
  test('shows only whole words of the text, six at most, without any digit', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const [stars, ...shown] = String(mask('ADDRESS', text)).split(' ')
        expect(['***', '****']).toContain(stars)
        expect(shown.length).toBeLessThanOrEqual(6)
        expect(shown.join('')).not.toMatch(/\p{N}/u)
        for (const word of shown) expect(text.normalize('NFC').toLowerCase()).toContain(word.toLowerCase())
      }),
      { numRuns: 2000 },
    )
  })

  test('shows no flat, postal code or name that stands in another part', () => {
    const canary = fc.constantFrom('Canary', 'CANARY 7', 'Flat Canary', 'CA4 9RY', 'Canary 12B')
    const street = fc.constantFrom('12 Main Street', 'Hauptstraße 12', 'Calle Mayor 5', '12 rue Mozart')
    const separator = fc.constantFrom(', ', '\n', '; ', '\r\n')
    fc.assert(
      fc.property(canary, street, canary, separator, (before, middle, after, between) => {
        const masked = mask('ADDRESS', [before, middle, after].join(between))
        expect(masked).not.toMatch(/can|ca4|9ry/i)
        expect(masked).toBe(mask('ADDRESS', middle))
      }),
    )
  })
})

describe('EMAIL', () => {
  test('shows no word of the local part, in the domain or anywhere', () => {
    const word = letters(3, 8)
    fc.assert(
      fc.property(word, word, word, fc.boolean(), (first, last, host, own) => {
        const masked = String(mask('EMAIL', `${first}.${last}@${own ? `${host}${last}` : host}.example.org`))
        expect(masked).not.toContain(first)
        expect(masked).not.toContain(last)
        expect(masked.startsWith(`${first.charAt(0)}***@`)).toBe(true)
      }),
    )
  })
})

describe('ROUND, for any number', () => {
  const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger(), fc.bigInt())

  test('gives a finite number of the same kind, never -0, never of the other sign', () => {
    fc.assert(
      fc.property(anyNumber, (value) => {
        const masked = mask('ROUND', value)
        expect(typeof masked).toBe(typeof value)
        if (typeof masked === 'number') expect(Number.isFinite(masked)).toBe(true)
        expect(Object.is(masked, -0)).toBe(false)
        expect(Number(masked) * (Math.sign(Number(value)) || 0)).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 2000 },
    )
  })

  test('gives a multiple of the step, and one of 1,001 of a power of ten of it', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: 2, max: 1_000_000 }), (value, step) => {
        let multiple = (applyMask('ROUND', value, { step }) as bigint) / BigInt(step)
        expect(applyMask('ROUND', value, { step })).toBe(multiple * BigInt(step))
        while (multiple !== 0n && multiple % 10n === 0n) multiple /= 10n
        expect(multiple).toBeLessThan(1001n)
        expect(multiple).toBeGreaterThan(-1001n)
      }),
    )
  })

  test('stays within 32 bits when the value does', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2 }), (value, step) => {
        const masked = Number(applyMask('ROUND', value, { step }))
        expect(masked | 0).toBe(masked)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('YEAR', () => {
  test('gives the year of any instant and nothing else of it', () => {
    const instant = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(instant, (date) => {
        const text = date.toISOString()
        expect(mask('YEAR', text)).toBe(`${text.slice(0, 4)}-01-01T00:00:00.000Z`)
        expect(mask('YEAR', text.slice(0, 10))).toBe(`${text.slice(0, 4)}-01-01`)
      }),
    )
  })
})

describe('HASH', () => {
  test('is a function of the pseudonym alone, in one shape', () => {
    fc.assert(
      fc.property(anyText, fc.uint8Array({ minLength: 16, maxLength: 64 }), (text, bytes) => {
        const masked = applyMask('HASH', text, {}, () => bytes)
        expect(masked).toMatch(/^p_[a-z2-7]{26}$/)
        expect(applyMask('HASH', 'other', {}, () => bytes)).toBe(masked)
      }),
    )
  })
})
