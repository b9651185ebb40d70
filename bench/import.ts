import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts'
import { median } from './median.ts'
import { projectFolder } from './project-folder.ts'
import { printTable, progress } from './report.ts'

const count = 10_000
const batchSize = 500
const pageSize = 100
const depths = [1, 50, 99]
const repetitions = 30

interface Customer {
  readonly email: string
}

/** Customers of the example generator, through the API of `npm start` over the embedded database: import, search, pages. */
export async function benchImport(): Promise<void> {
  progress(`import: generating ${count} customers`)
  const customers = generateCustomers()
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-bench-'))
  const gateway = await startGatewayProcess(folder)
  try {
    const seconds = await importCustomers(gateway, customers)
    printTable(`Import through createCustomers, ${batchSize} a mutation`, [
      {
        customers: count,
        seconds: seconds.toFixed(1),
        'customers/s': (count / seconds).toFixed(0),
        'encrypted values/s': (encryptedValues(customers) / seconds).toFixed(0),
      },
    ])
    const rows = [await searchByEmail(gateway, customers), ...(await readPages(gateway))]
    printTable(`Reads of ${count} customers over HTTP, one after the other`, rows)
  } finally {
    await gateway.close()
    rmSync(folder, { recursive: true })
  }
}

function generateCustomers(): readonly Customer[] {
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
function encryptedValues(customers: readonly object[]): number {
  return customers.reduce((sum, customer) => {
    const { cards, bankAccounts } = customer as { cards: unknown[]; bankAccounts: unknown[] }
    return sum + 8 + 3 * cards.length + bankAccounts.length
  }, 0)
}

async function importCustomers(gateway: GatewayProcess, customers: readonly Customer[]): Promise<number> {
  const query = `mutation Import($inputs: [CustomerCreateInput!]!) {
    createCustomers(inputs: $inputs) { error { code inputPath } }
  }`
  let milliseconds = 0
  for (let at = 0; at < customers.length; at += batchSize) {
    progress(`import: ${at} of ${count}`)
    const began = performance.now()
    const inputs = customers.slice(at, at + batchSize)
    const data = await ask<{ createCustomers: { error: unknown }[] }>(gateway, query, { inputs })
    milliseconds += performance.now() - began
    const refused = data.createCustomers.find(({ error }) => error !== null)
    if (refused !== undefined) throw new Error(`A customer was refused: ${JSON.stringify(refused)}`)
  }
  return milliseconds / 1_000
}

async function searchByEmail(
  gateway: GatewayProcess,
  customers: readonly Customer[],
): Promise<Record<string, string>> {
  const query = `query Search($email: String!) {
    customers(first: 1, filter: { email: { eq: $email } }) { nodes { id email phone } }
  }`
  const times: number[] = []
  for (let index = 0; index < repetitions + 5; index += 1) {
    const { email } = customers[(index * 7_919) % customers.length] ?? { email: '' }
    const began = performance.now()
    const data = await ask<{ customers: { nodes: Customer[] } }>(gateway, query, { email })
    // The first ones warm up.
    if (index >= 5) times.push(performance.now() - began)
    if (data.customers.nodes[0]?.email !== email) throw new Error('The search did not find the customer.')
  }
  return { read: 'search by e-mail, every time another one', ...summary(times) }
}

async function readPages(gateway: GatewayProcess): Promise<Record<string, string>[]> {
  const query = `query Page($after: String) {
    customers(first: ${pageSize}, after: $after) { nodes { id segment country } pageInfo { endCursor } }
  }`
  const readPage = async (after: string | null): Promise<string> => {
    const data = await ask<{ customers: { pageInfo: { endCursor: string } } }>(gateway, query, { after })
    return data.customers.pageInfo.endCursor
  }
  const cursors: (string | null)[] = [null]
  const deepest = Math.max(...depths)
  for (let page = 1; page < deepest; page += 1) cursors.push(await readPage(cursors.at(-1) ?? null))
  const times = depths.map((): number[] => [])
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    for (const [index, depth] of depths.entries()) {
      const began = performance.now()
      await readPage(cursors[depth - 1] ?? null)
      times[index]?.push(performance.now() - began)
    }
  }
  return depths.map((depth, index) => ({
    read: `page ${depth} of ${pageSize} customers, plain fields`,
    ...summary(times[index] ?? []),
  }))
}

function summary(times: readonly number[]): Record<string, string> {
  const sorted = [...times].sort((one, other) => one - other)
  const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? NaN
  return { 'median ms': median(times).toFixed(2), 'p95 ms': p95.toFixed(2) }
}

async function ask<Data>({ url, tokens }: GatewayProcess, query: string, variables: object): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${tokens.Administrator ?? ''}`,
    },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as { data?: Data; errors?: unknown }
  if (data === undefined || errors !== undefined) {
    throw new Error(`The gateway answered ${response.status}: ${JSON.stringify(errors).slice(0, 400)}`)
  }
  return data
}
