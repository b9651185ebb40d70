import { toAsciiDigits } from '../digits.ts'
import { createTextMask } from '../text-mask.ts'

/** ISO 13616: country, two check digits, and a national account number of 11 to 30 characters. */
const accountNumber = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/

/**
 * `DE** **** **** 1234`: country and last four characters of an IBAN, in one shape for every country.
 *
 * Reveals at most six of 15 to 34 characters. The check digits stay hidden: they would narrow the rest to one in 97. The
 * fallback for other lengths and shapes; the checksum is not asked for, a mistyped number is masked alike.
 */
export const iban = createTextMask({
  version: 1,
  reveals: 'The country and the last four of 15 to 34 characters.',
  examples: [{ value: 'DE89 3704 0044 0532 0130 00', masked: 'DE** **** **** 3000' }],
  show: (text) => {
    const account = toAsciiDigits(text)
      .replaceAll(/[\s\p{Pd}]/gu, '')
      .toUpperCase()
    if (!accountNumber.test(account)) return undefined
    return `${account.slice(0, 2)}** **** **** ${account.slice(-4)}`
  },
})
