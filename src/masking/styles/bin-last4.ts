import { readCardDigits } from '../digits.ts'
import { createTextMask } from '../text-mask.ts'

/**
 * `4111 11** **** 1111`: issuer and last four digits of a payment card number, the most PCI DSS 4.0 (3.4.1) lets be shown
 * without need.
 *
 * Reveals at most ten of 15 to 19 digits: five or more stay hidden, and the Luhn digit makes that 10^4 candidates for a card
 * of 15 digits, 10^5 for 16. Shorter cards would leave 100 to 1,000: from 12 to 14 digits only the last four are shown.
 * The fallback for other counts, and for anything but digits, spaces and hyphens.
 */
export const binLast4 = createTextMask({
  version: 1,
  reveals: 'The first six and last four of 15 to 19 digits; the last four of 12 to 14.',
  examples: [
    { value: '4111 1111 1111 1111', masked: '4111 11** **** 1111' },
    { value: '3056 930902 5904', masked: '**** **** **** 5904' },
  ],
  show: (text) => {
    const digits = readCardDigits(text)
    if (digits === undefined || digits.length < 12 || digits.length > 19) return undefined
    const issuer = digits.length < 15 ? '**** ****' : `${digits.slice(0, 4)} ${digits.slice(4, 6)}**`
    return `${issuer} **** ${digits.slice(-4)}`
  },
})
