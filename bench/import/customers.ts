import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

import { projectFolder } from '../project-folder.ts'

export interface Customer {
  readonly email: string
  readonly cards: readonly object[]
  readonly bankAccounts: readonly object[]
}

/** Made-up customers of the example generator, the same each time. */
export function generateCustomers(count: number): readonly Customer[] {
  const script = join(projectFolder, 'examples/fintech/generate.mjs')
  const lines = execFileSync(process.execPath, [script, '--count', String(count)], {
    maxBuffer: 256 * 1024 * 1024,
    encoding: 'utf8',
  })
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Customer)
}

/** Leaves that the shipped schema encrypts: name, e-mail, phone, id, birth date, income, two of the address, cards, accounts. */
export function countEncryptedValues(customers: readonly Customer[]): number {
  return customers.reduce(
    (sum, { cards, bankAccounts }) => sum + 8 + 3 * cards.length + bankAccounts.length,
    0,
  )
}
