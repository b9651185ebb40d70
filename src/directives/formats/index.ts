import type { ValueFormat } from '../../generated/directives.ts'
import { isEmail } from './email.ts'
import { isE164 } from './e164.ts'
import { isExpiry } from './expiry.ts'
import { isIban } from './iban.ts'
import { passesLuhn } from './luhn.ts'

interface Format {
  readonly accepts: (value: string) => boolean
  /** What is expected, in words that hold no value. */
  readonly expected: string
}

/** The formats of `@format`, one row each. */
export const formats: Readonly<Record<ValueFormat, Format>> = {
  LUHN: { accepts: passesLuhn, expected: 'a number whose check digit is right' },
  IBAN: { accepts: isIban, expected: 'an IBAN whose check digits are right' },
  EMAIL: { accepts: isEmail, expected: 'an e-mail address' },
  E164: { accepts: isE164, expected: 'a phone number such as +34600000000' },
  EXPIRY: { accepts: isExpiry, expected: 'a month and year as MM/YY' },
}
