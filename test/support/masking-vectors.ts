import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { MaskInput, MaskParameters, Pseudonym } from '../../src/masking/index.ts'

/** `test/vectors/masking.md` says how these are written. */
type StoredValue = string | number | { readonly bigint: string }

interface StyleVectors {
  readonly version: number
  readonly hmacSha256Key?: string
  readonly vectors: readonly {
    readonly value: StoredValue
    readonly masked: StoredValue
    readonly parameters?: MaskParameters
    readonly note?: string
  }[]
}

export const maskingVectors = JSON.parse(
  readFileSync(new URL('../vectors/masking.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, StyleVectors>>

export function readVectorValue(value: StoredValue): MaskInput {
  return typeof value === 'object' ? BigInt(value.bigint) : value
}

/** The pseudonym function of the published vectors: HMAC-SHA-256 over UTF-8. */
export const vectorPseudonym: Pseudonym = (text) =>
  createHmac('sha256', Buffer.from(maskingVectors.HASH?.hmacSha256Key ?? '', 'hex'))
    .update(text, 'utf8')
    .digest()
