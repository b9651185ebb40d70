// @ts-check

/** @typedef {import('./random.mjs').Random} Random */

/**
 * Issuer prefixes of the test numbers that card schemes and payment processors publish, with the length of the whole number.
 *
 * @type {readonly (readonly [prefix: string, length: number])[]}
 */
const testCards = [
  ['411111', 16],
  ['424242', 16],
  ['555555', 16],
  ['510510', 16],
  ['378282', 15],
  ['371449', 15],
  ['601111', 16],
  ['353011', 16],
  ['305693', 14],
]

/**
 * A card number with a valid Luhn digit (ISO/IEC 7812-1, annex B), from a test range.
 *
 * @param {Random} random
 */
export function drawCardNumber(random) {
  const [prefix, length] = random.pick(testCards)
  const body = prefix + random.digits(length - prefix.length - 1)
  let sum = 0
  for (let place = 0; place < body.length; place += 1) {
    const digit = Number(body[body.length - 1 - place])
    const weighted = place % 2 === 0 ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return body + String((10 - (sum % 10)) % 10)
}

/** @type {Readonly<Record<'ES' | 'DE' | 'PL', (random: Random) => string>>} */
const nationalAccounts = {
  ES: (random) => {
    const bank = random.pick(['2100', '0049', '0182', '2080']) + random.digits(4)
    const account = random.digits(10)
    return bank + spanishControl(`00${bank}`) + spanishControl(account) + account
  },
  DE: (random) => random.pick(['10010010', '37040044', '50010517', '70020270']) + random.digits(10),
  PL: (random) => random.pick(['10901014', '10201026', '11402004']) + random.digits(16),
}

/**
 * An IBAN whose check digits (ISO 13616, modulo 97) are valid.
 *
 * @param {Random} random
 * @param {'ES' | 'DE' | 'PL'} country
 */
export function drawIban(random, country) {
  const account = nationalAccounts[country](random)
  const rearranged = Array.from(`${account}${country}00`, (character) => parseInt(character, 36)).join('')
  const checkDigits = 98n - (BigInt(rearranged) % 97n)
  return country + String(checkDigits).padStart(2, '0') + account
}

/** @param {string} digits ten of them */
function spanishControl(digits) {
  const remainder = 11 - (weightedSum(digits, [1, 2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11)
  return String(remainder === 11 ? 0 : remainder === 10 ? 1 : remainder)
}

/**
 * The sum of each digit times the weight in its place.
 *
 * @param {string} digits
 * @param {readonly number[]} weights
 */
export function weightedSum(digits, weights) {
  return weights.reduce((sum, weight, place) => sum + weight * Number(digits[place]), 0)
}
