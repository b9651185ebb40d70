import { applyMask, type MaskInput, masks, type Pseudonym } from '../masking/index.ts'
import type { FieldPolicy, MaskPolicy } from './policies.ts'

/** What is sealed as a masked form. Another style, version or parameter than the policy's reads as hidden. */
type SealedMask = readonly [
  style: string,
  version: number,
  step: number | null,
  /** Masked text or number; list items in order. */
  value: unknown,
]

/** Masks a value of a field, or each item of a list. Dates and big integers are given and returned as the field has them. */
export function maskValue(
  field: FieldPolicy,
  mask: MaskPolicy,
  value: unknown,
  pseudonym?: Pseudonym,
): unknown {
  if (Array.isArray(value)) return value.map((item): unknown => maskValue(field, mask, item, pseudonym))
  if (value === null || value === undefined) return null
  const input = value instanceof Date ? value.toISOString() : (value as MaskInput)
  const masked = applyMask(mask.style, input, mask.step === undefined ? {} : { step: mask.step }, pseudonym)
  return value instanceof Date && typeof masked === 'string' ? new Date(masked) : masked
}

export function packMask(mask: MaskPolicy, value: unknown): SealedMask {
  const { version } = masks[mask.style]
  return [mask.style, version, mask.step ?? null, pack(value)]
}

/** The masked value; undefined when it was sealed for another style, version or parameter. */
export function unpackMask(field: FieldPolicy, mask: MaskPolicy, sealed: unknown): unknown {
  const [style, version, step, value] = sealed as SealedMask
  const current =
    style === mask.style && version === masks[mask.style].version && step === (mask.step ?? null)
  return current ? unpack(field, value) : undefined
}

function pack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pack)
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'bigint' ? value.toString() : value
}

function unpack(field: FieldPolicy, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item): unknown => unpack(field, item))
  if (typeof value !== 'string') return value
  if (field.type.name === 'DateTime') return new Date(value)
  return field.type.name === 'BigInt' ? BigInt(value) : value
}
