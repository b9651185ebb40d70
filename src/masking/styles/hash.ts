import type { Mask } from '../mask.ts'

const pseudonymBytes = 16
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * `p_` and 26 characters: a pseudonym, 128 bits of a keyed function in the base32 of RFC 4648, lower case, without padding.
 *
 * Reveals which values of one tenant are equal (in Unicode normalisation form C), and so how often each occurs; nothing of
 * the text to whoever lacks the key. Has no fallback form for short texts, whose pseudonyms look like all others.
 *
 * Throws a `TypeError` when no pseudonym function is given or it gives fewer than 16 bytes.
 */
export const hash: Mask = {
  version: 1,
  scalars: ['String', 'ID'],
  reveals: 'Which values of the tenant are equal.',
  examples: [{ value: 'jane.doe@example.com', masked: 'p_oibhaeuuk2st2gqau7tv3hl4su' }],
  keyed: true,
  apply: (value, _parameters, pseudonym) => {
    const bytes = pseudonym?.(String(value).normalize('NFC'))
    if (bytes === undefined || bytes.length < pseudonymBytes) {
      throw new TypeError('HASH needs a pseudonym function of at least 16 bytes')
    }
    return `p_${toBase32(bytes.subarray(0, pseudonymBytes))}`
  },
}

function toBase32(bytes: Uint8Array): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return bits.replaceAll(/.{1,5}/g, (group) => alphabet.charAt(parseInt(group.padEnd(5, '0'), 2)))
}
