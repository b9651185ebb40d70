import type { Mask, MaskExample } from './mask.ts'

/** What a text becomes when nothing of it may be shown, whatever its length. */
export const hiddenText = '****'

/** In UTF-16 units. Longer texts are hidden whole, which bounds the cost of reading them. */
const longestText = 512

interface TextMaskDefinition {
  readonly version: number
  readonly reveals: string
  readonly examples: readonly [MaskExample, ...MaskExample[]]
  /** The masked form of a trimmed text in Unicode normalisation form C, or undefined to hide all of it. */
  readonly show: (text: string) => string | undefined
}

/**
 * Makes the mask of a text style. Numbers, texts above 512 UTF-16 units and ill-formed texts (a lone surrogate) are hidden
 * whole; canonically equivalent texts get the same mask.
 */
export function createTextMask({ show, ...definition }: TextMaskDefinition): Mask {
  return {
    ...definition,
    scalars: ['String', 'ID'],
    fallback: hiddenText,
    apply: (value) => {
      if (typeof value !== 'string' || value.length > longestText || /\p{Surrogate}/u.test(value)) {
        return hiddenText
      }
      return show(value.normalize('NFC').trim()) ?? hiddenText
    },
  }
}
