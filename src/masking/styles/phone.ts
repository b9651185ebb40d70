import { toAsciiDigits } from '../digits.ts'
import { createTextMask } from '../text-mask.ts'

const extension = /\s*(?:;\s*ext=|extension|ext\.?|x|[,;#])\s*\d{1,7}$/i
const subscriberNumber = /^\+?[\d\s().\p{Pd}/]+$/u

/**
 * `***-***-4567`: the last four digits of a telephone number, in one shape for every country and length.
 *
 * Reveals at most four of 9 to 15 digits (ITU-T E.164 ends at 15), never a digit of an extension, which is dropped. The
 * fallback for fewer digits (a local number of seven would keep three hidden), more (two numbers in one field), and letters.
 */
export const phone = createTextMask({
  version: 1,
  reveals: 'The last four of 9 to 15 digits, without an extension.',
  examples: [{ value: '+1 (212) 555-4567 ext. 89', masked: '***-***-4567' }],
  show: (text) => {
    const number = toAsciiDigits(text).replace(extension, '')
    const digits = number.replaceAll(/\D/g, '')
    if (!subscriberNumber.test(number) || digits.length < 9 || digits.length > 15) return undefined
    return `***-***-${digits.slice(-4)}`
  },
})
