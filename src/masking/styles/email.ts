import { domainToUnicode } from 'node:url'
import { readInitial } from '../graphemes.ts'
import { createTextMask } from '../text-mask.ts'

/** RFC 5322 dot-atom with the letters of RFC 6531, or an RFC 5321 quoted string; one `@`; no address literal. */
const address =
  /^(?:(?<atoms>[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*)|"(?:[^"\\]|\\.)*")@(?<domain>[^@]+)$/u
const domainName = /^(?:[\p{L}\p{M}\p{N}-]{1,63}\.)+[\p{L}\p{M}\p{N}-]*\p{L}[\p{L}\p{M}\p{N}-]*$/u
const longestDomain = 100

/**
 * `j***@example.com`: the first letter or digit of the local part, and the domain.
 *
 * Reveals at most one grapheme of the local part, and the domain in full. The domain of one person or household identifies
 * them, and nothing in an address tells it from a provider's: use FULL or HASH where such domains occur. Two cases are caught:
 * a domain that repeats a word of the local part (`jane@janedoe.example`) or is repeated in it becomes `***`, and so does one
 * that is longer than 100 UTF-16 units. The first letter is left out when the local part is quoted, has fewer than three
 * letters and digits, starts with another character, or is written in a syllabic or logographic script.
 *
 * The fallback for everything that is not one plain address with a domain of two labels or more.
 */
export const email = createTextMask({
  version: 1,
  reveals: 'The first letter or digit of the local part, and the domain.',
  examples: [
    { value: 'jane.doe@example.com', masked: 'j***@example.com' },
    { value: 'jo@example.com', masked: '***@example.com' },
    { value: 'jane@janedoe.example', masked: 'j***@***' },
  ],
  show: (text) => {
    const match = address.exec(text)
    const domain = match?.groups?.domain
    if (match === null || domain === undefined || !domainName.test(domain)) return undefined
    const atoms = match.groups?.atoms ?? ''
    const initial = /^[\p{L}\p{N}]/u.test(atoms) ? readInitial(atoms) : ''
    const local = match[0].slice(0, -domain.length - 1)
    return `${initial}***@${isTellingDomain(domain, local) ? '***' : domain}`
  },
})

function isTellingDomain(domain: string, local: string): boolean {
  const readable = fold(domainToUnicode(domain))
  if (readable === '' || domain.length > longestDomain) return true
  const folded = fold(local)
  const ownLabels = readable.slice(0, readable.lastIndexOf('.'))
  return (
    readWords(folded).some((word) => readable.includes(word)) ||
    readWords(ownLabels).some((word) => folded.includes(word))
  )
}

function readWords(text: string): string[] {
  return text.match(/[\p{L}\p{N}]{3,}/gu) ?? []
}

function fold(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
}
