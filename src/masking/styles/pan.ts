import { readCardDigits } from '../digits.ts'
import { createTextMask } from '../text-mask.ts'

/**
 * `**** **** **** 1111`: the last four digits of a payment card number.
 *
 * Reveals at most four of 12 to 19 digits (the lengths in use under ISO/IEC 7812); the groups are the same for every length.
 * The fallback for other counts, and for anything but digits, spaces and hyphens.
 */
export const pan = createTextMask({
  version: 1,
  reveals: 'The last four of 12 to 19 digits.',
  examples: [{ value: '4111 1111 1111 1111', masked: '**** **** **** 1111' }],
  show: (text) => {
    const digits = readCardDigits(text)
    if (digits === undefined || digits.length < 12 || digits.length > 19) return undefined
    return `**** **** **** ${digits.slice(-4)}`
  },
})
