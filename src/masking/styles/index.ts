import type { Mask } from '../mask.ts'
import { address } from './address.ts'
import { binLast4 } from './bin-last4.ts'
import { email } from './email.ts'
import { full } from './full.ts'
import { hash } from './hash.ts'
import { iban } from './iban.ts'
import { last4 } from './last4.ts'
import { name } from './name.ts'
import { pan } from './pan.ts'
import { phone } from './phone.ts'
import { round } from './round.ts'
import { year } from './year.ts'

/** Every masking style, by the name a schema gives it. */
export const masks = {
  FULL: full,
  LAST4: last4,
  PAN: pan,
  BIN_LAST4: binLast4,
  EMAIL: email,
  PHONE: phone,
  ADDRESS: address,
  NAME: name,
  IBAN: iban,
  ROUND: round,
  YEAR: year,
  HASH: hash,
} as const satisfies Record<string, Mask>

export type MaskStyle = keyof typeof masks

export function isMaskStyle(name: string): name is MaskStyle {
  return Object.hasOwn(masks, name)
}
