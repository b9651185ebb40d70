// @ts-check

/**
 * A small fast generator of repeatable numbers (sfc32 of Chris Doty-Humphrey's PractRand, which is in the public domain). Not cryptographic: for example data only.
 *
 * @param {number} seed a 32-bit whole number
 * @param {number} stream numbers of one seed and different streams do not depend on each other
 */
export function createRandom(seed, stream) {
  let a = seed | 0
  let b = stream | 0
  let c = 0x5ea19a7e | 0
  let counter = 1

  const next = () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round += 1) next()

  /** A number from 0 up to, but not including, 1. */
  const fraction = () => next() / 2 ** 32
  /** @param {number} least @param {number} most */
  const integer = (least, most) => least + Math.floor(fraction() * (most - least + 1))
  /** @param {number} length */
  const digits = (length) => Array.from({ length }, () => integer(0, 9)).join('')
  /** @template T @param {readonly T[]} items @returns {T} */
  const pick = (items) => /** @type {T} */ (items[integer(0, items.length - 1)])
  /** @param {number} probability */
  const chance = (probability) => fraction() < probability

  return { fraction, integer, digits, pick, chance }
}

/** @typedef {ReturnType<typeof createRandom>} Random */
