import { readInitial } from '../graphemes.ts'
import { createTextMask } from '../text-mask.ts'

/**
 * `A*** P***`: the initials of the first and the last word of a person's name, as they are written.
 *
 * Reveals at most two graphemes, and whether the name has one word or more. A word of fewer than three letters, or in a script
 * whose characters are syllables or words (a Chinese or Korean surname is one character), gives no initial. The fallback for
 * a text without letters.
 */
export const name = createTextMask({
  version: 1,
  reveals: 'The initials of the first and last word, and whether there is more than one word.',
  examples: [
    { value: 'Ana María Pérez', masked: 'A*** P***' },
    { value: 'Jo', masked: '***' },
  ],
  show: (text) => {
    const words = text.split(/\s+/u).filter((word) => /\p{L}/u.test(word))
    const [first] = words
    if (first === undefined) return undefined
    const shown = words.length === 1 ? [first] : [first, words.at(-1) ?? '']
    return shown.map((word) => `${readInitial(word)}***`).join(' ')
  },
})
