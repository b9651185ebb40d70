import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { generateCustomers } from '../../../examples/fintech/generate.mjs'
import { applyMask } from '../../../src/masking/index.ts'

const script = fileURLToPath(new URL('../../../examples/fintech/generate.mjs', import.meta.url))
const run = (...options: string[]) => promisify(execFile)(process.execPath, [script, ...options])

const customers = [...generateCustomers({ seed: 7, count: 2000 })]

function isLuhnValid(number: string): boolean {
  const weighted = Array.from(number)
    .toReversed()
    .map((digit, place) => Number(digit) * (place % 2 === 0 ? 1 : 2))
  return weighted.reduce((sum, digit) => sum + (digit > 9 ? digit - 9 : digit), 0) % 10 === 0
}

function isIbanValid(iban: string): boolean {
  const rearranged = iban.slice(4) + iban.slice(0, 4)
  const digits = rearranged.replaceAll(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))
  return BigInt(digits) % 97n === 1n
}

describe('generateCustomers', () => {
  test('gives the same customers for the same seed, whatever the count', () => {
    expect([...generateCustomers({ seed: 7, count: 50 })]).toEqual(customers.slice(0, 50))
  })

  test('gives other customers for another seed', () => {
    const others = [...generateCustomers({ seed: 8, count: 50 })]
    expect(others.map(({ phone }) => phone)).not.toEqual(customers.slice(0, 50).map(({ phone }) => phone))
  })

  test('gives each customer an e-mail address of their own, at a reserved domain', () => {
    expect(new Set(customers.map(({ email }) => email)).size).toBe(customers.length)
    for (const { email } of customers) {
      expect(email).toMatch(/^[a-z]+(\.[a-z]+)*\.\d+@(example\.(com|net|org)|(mail|correo)\.example)$/)
    }
  })

  test('gives cards with a valid Luhn digit and accounts with a valid IBAN', () => {
    const cards = customers.flatMap((customer) => customer.cards)
    const accounts = customers.flatMap(({ bankAccounts }) => bankAccounts)
    expect(cards.filter(({ number }) => !isLuhnValid(number))).toEqual([])
    expect(cards.filter(({ expiry }) => !/^(0[1-9]|1[0-2])\/\d\d$/.test(expiry))).toEqual([])
    expect(accounts.filter(({ cuentaNumero }) => !isIbanValid(cuentaNumero))).toEqual([])
    expect(new Set(customers.map((customer) => customer.cards.length))).toEqual(new Set([0, 1, 2, 3]))
    expect(new Set(customers.map(({ bankAccounts }) => bankAccounts.length))).toEqual(new Set([0, 1, 2]))
  })

  test('writes telephone numbers in E.164, dates that exist and incomes to the cent', () => {
    for (const { phone, birthDate, income } of customers) {
      expect(phone).toMatch(/^\+[1-9]\d{9,14}$/)
      expect(new Date(birthDate).toISOString().slice(0, 10)).toBe(birthDate)
      expect(income).toBeGreaterThan(0)
      expect(income).toBeCloseTo(Number(income.toFixed(2)), 10)
    }
  })

  test('takes names of five countries, in Latin and other letters', () => {
    const countries = new Set(customers.map(({ address }) => address.country))
    expect(countries).toEqual(new Set(['ES', 'DE', 'US', 'PL', 'JP']))
    const names = customers.map(({ fullName }) => fullName).join('\n')
    for (const letter of ['ñ', 'ß', 'Ł', '太', "'"]) expect(names).toContain(letter)
  })

  test('writes national numbers with valid check digits where the country has them', () => {
    const spanish = customers.filter(({ address }) => address.country === 'ES')
    for (const { nationalId } of spanish) {
      expect('TRWAGMYFPDXBNJZSQVHLCKE'.charAt(Number(nationalId.slice(0, 8)) % 23)).toBe(nationalId.charAt(8))
    }
    const polish = customers.filter(({ address }) => address.country === 'PL')
    for (const { nationalId, birthDate } of polish) {
      const weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]
      expect(weights.reduce((sum, weight, place) => sum + weight * Number(nationalId[place]), 0) % 10).toBe(0)
      expect(nationalId.slice(4, 6)).toBe(birthDate.slice(8))
    }
  })

  test('gives values that the masks of the example schema recognise', () => {
    for (const { email, phone, cards, bankAccounts, nationalId } of customers) {
      expect(applyMask('EMAIL', email)).toMatch(/^[a-z]\*\*\*@/)
      expect(applyMask('PHONE', phone)).toMatch(/^\*\*\*-\*\*\*-\d{4}$/)
      expect(applyMask('LAST4', nationalId)).toBe(`**** ${nationalId.replaceAll('-', '').slice(-4)}`)
      for (const { number } of cards) expect(applyMask('PAN', number)).not.toBe('****')
      for (const { cuentaNumero } of bankAccounts) expect(applyMask('IBAN', cuentaNumero)).not.toBe('****')
    }
  })

  test.each([
    { seed: 1.5, count: 1 },
    { seed: 2 ** 32, count: 1 },
    { seed: 1, count: -1 },
    { seed: 1, count: NaN },
  ])('refuses %p', (options) => {
    expect(() => generateCustomers(options).next()).toThrow(RangeError)
  })
})

describe('the script', () => {
  test('prints one customer a line, those the function gives', async () => {
    const { stdout } = await run('--count', '40', '--seed', '7')
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(customers.slice(0, 40))
  })

  test('says how it is used when an option is wrong, and fails', async () => {
    await expect(run('--count', 'many')).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Usage:'),
    })
  })
})
