#!/usr/bin/env node
// @ts-check
import { realpathSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { drawCardNumber, drawIban } from './account-numbers.mjs'
import { locales } from './locales.mjs'
import { createRandom } from './random.mjs'

/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {import('./generate.d.mts').CustomerInput} CustomerInput */

const usage = `Usage: node examples/fintech/generate.mjs [--count N] [--seed N]

Prints N made-up customers (default 100), one JSON object a line. The same seed
(default 1) gives the same customers.`

const millisecondsPerDay = 24 * 60 * 60 * 1000
const firstBirth = Date.UTC(1935, 0, 1)
const lastBirth = Date.UTC(2006, 11, 31)

/** Kept for examples by RFC 2606. */
const mailDomains = ['example.com', 'example.net', 'example.org', 'mail.example', 'correo.example']

/** @type {typeof import('./generate.d.mts').generateCustomers} */
export function* generateCustomers({ seed, count }) {
  if (seed !== (seed | 0) && seed !== seed >>> 0) throw new RangeError('seed must be a 32-bit whole number')
  if (!Number.isSafeInteger(count) || count < 0)
    throw new RangeError('count must be a whole number from 0 on')
  for (let index = 0; index < count; index += 1) yield generateCustomer(createRandom(seed, index), index)
}

/**
 * @param {Random} random
 * @param {number} index
 * @returns {CustomerInput}
 */
function generateCustomer(random, index) {
  const locale = random.pick(locales)
  const [given = '', givenLatin = given] = random.pick(locale.givenNames).split('/')
  const [surname = '', surnameLatin = surname] = locale.drawSurname(random).split('/')
  const fullName = locale.country === 'JP' ? `${surname} ${given}` : `${given} ${surname}`
  const latinName = toAscii(`${givenLatin} ${surnameLatin}`)
  const mailbox = latinName
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean)
    .join('.')
  const [city, postalCode] = random.pick(locale.cities)
  const birthDate = drawBirthDate(random)
  return {
    fullName,
    email: `${mailbox}.${index}@${random.pick(mailDomains)}`,
    phone: locale.drawPhone(random),
    address: {
      street: locale.drawStreet(random),
      city,
      postalCode: postalCode.replaceAll('#', () => random.digits(1)),
      country: locale.country,
    },
    nationalId: locale.drawNationalId(random, birthDate),
    birthDate,
    income: drawIncome(random, locale.medianIncome),
    cards: Array.from({ length: random.integer(0, 3) }, () => ({
      number: drawCardNumber(random),
      holder: latinName.toUpperCase(),
      expiry: `${String(random.integer(1, 12)).padStart(2, '0')}/${random.integer(27, 32)}`,
    })),
    bankAccounts: Array.from({ length: random.integer(0, 2) }, () => ({
      cuentaNumero: drawIban(random, locale.bankCountry),
      bank: random.pick(locale.banks),
    })),
  }
}

/** @param {Random} random */
function drawBirthDate(random) {
  const days = random.integer(0, (lastBirth - firstBirth) / millisecondsPerDay)
  return new Date(firstBirth + days * millisecondsPerDay).toISOString().slice(0, 10)
}

/**
 * Log-normal, as incomes about are: half earn less than the median, few a multiple.
 *
 * @param {Random} random
 * @param {number} median
 */
function drawIncome(random, median) {
  const normal = Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction())
  return Math.round(median * Math.exp(0.6 * normal) * 100) / 100
}

/** @param {string} text */
function toAscii(text) {
  return text
    .replaceAll('ß', 'ss')
    .replaceAll('ł', 'l')
    .replaceAll('Ł', 'L')
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
}

/** @param {string} name @param {string} text */
function readWholeNumber(name, text) {
  if (!/^\d{1,10}$/.test(text)) throw new RangeError(`--${name} must be a whole number`)
  return Number(text)
}

async function main() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(`${usage}\n`)
    return
  }
  const count = readWholeNumber('count', values.count)
  const seed = readWholeNumber('seed', values.seed)
  const lines = function* () {
    for (const customer of generateCustomers({ seed, count })) yield `${JSON.stringify(customer)}\n`
  }
  await pipeline(Readable.from(lines()), process.stdout)
}

const script = process.argv[1]
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) {
  main().catch((/** @type {NodeJS.ErrnoException} */ error) => {
    // A reader that has seen enough (`| head`) is no failure.
    if (error.code === 'EPIPE') return
    process.stderr.write(`${error.message}\n\n${usage}\n`)
    process.exitCode = 2
  })
}
