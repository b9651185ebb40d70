import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type GatewayProcess, startGatewayProcess } from '../gateway-process.ts'
import { printTable, progress } from '../report.ts'
import { ask } from './ask.ts'
import { countEncryptedValues, type Customer, generateCustomers } from './customers.ts'
import { openFlusher } from './flush.ts'
import { openPlainCustomers, type PlainCustomers } from './plain-customers.ts'
import { takeTurns } from './take-turns.ts'

const count = 10_000
const batchSize = 500
const pageSize = 100
const depths = [1, 50, 99]
const warmUp = 20
const turns = 200

interface Contest {
  readonly gateway: GatewayProcess
  readonly plain: PlainCustomers
  readonly customers: readonly Customer[]
  readonly folder: string
}

/** Customers of the example generator, through the API of `npm start` over the embedded database: import, search, pages. */
export async function benchImport(): Promise<void> {
  progress(`import: generating ${count} customers`)
  const customers = generateCustomers(count)
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-bench-'))
  const gateway = await startGatewayProcess(folder)
  try {
    const plain = await openPlainCustomers(folder)
    const contest: Contest = { gateway, plain, customers, folder }
    await compareImports(contest)
    await compareSearches(contest)
    await comparePages(contest)
    await plain.close()
  } finally {
    await gateway.close()
    rmSync(folder, { recursive: true })
  }
}

async function compareImports({ gateway, plain, customers }: Contest): Promise<void> {
  let sealed = 0
  let bare = 0
  for (let at = 0; at < customers.length; at += batchSize) {
    progress(`import: ${at} of ${count}`)
    const batch = customers.slice(at, at + batchSize)
    sealed += await timed(() => createCustomers(gateway, batch))
    bare += await timed(() => plain.insert(batch))
  }
  const row = (name: string, seconds: number, values: string): Record<string, string> => ({
    import: name,
    seconds: seconds.toFixed(1),
    'customers/s': (count / seconds).toFixed(0),
    'encrypted values/s': values,
    ratio: (bare / seconds).toFixed(2),
  })
  printTable(`Import of ${count} customers, ${batchSize} at once, in turns`, [
    row('mongoose insertMany, plain, no HTTP', bare, ''),
    row('createCustomers', sealed, (countEncryptedValues(customers) / sealed).toFixed(0)),
  ])
}

async function timed(run: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await run()
  return (performance.now() - began) / 1_000
}

async function createCustomers(gateway: GatewayProcess, inputs: readonly Customer[]): Promise<void> {
  const query = `mutation Import($inputs: [CustomerCreateInput!]!) {
    createCustomers(inputs: $inputs) { error { code inputPath } }
  }`
  const data = await ask<{ createCustomers: { error: unknown }[] }>(gateway, query, { inputs })
  const refused = data.createCustomers.find(({ error }) => error !== null)
  if (refused !== undefined) throw new Error(`A customer was refused: ${JSON.stringify(refused)}`)
}

/** The keys of those that were imported first have left the cache; each is searched twice, and the second time they are there. */
async function compareSearches({ gateway, plain, customers, folder }: Contest): Promise<void> {
  const query = `query Search($email: String!) {
    customers(first: 1, filter: { email: { eq: $email } }) { nodes { id email phone } }
  }`
  const emailOf = (turn: number): string => customers[turn]?.email ?? ''
  const search = async (turn: number): Promise<void> => {
    const email = emailOf(turn)
    const data = await ask<{ customers: { nodes: Customer[] } }>(gateway, query, { email })
    if (data.customers.nodes[0]?.email !== email) throw new Error('The search did not find the customer.')
  }
  const flusher = openFlusher(folder)
  progress('import: searches')
  const rows = await takeTurns(
    [
      { name: 'mongoose findOne, plain, no HTTP', run: (turn) => plain.findByEmail(emailOf(turn)) },
      { name: 'search by e-mail, keys to be fetched', run: search },
      { name: 'search by e-mail, keys cached', run: search },
      { name: '{ __typename }: HTTP and GraphQL alone', run: () => ask(gateway, '{ __typename }', {}) },
      {
        name: 'two flushes of the disk',
        run: () => {
          flusher.flush()
          return Promise.resolve()
        },
      },
    ],
    { warmUp, turns },
  )
  flusher.close()
  printTable(`Searches among ${count} customers, in turns`, rows)
}

async function comparePages({ gateway }: Contest): Promise<void> {
  const query = `query Page($after: String) {
    customers(first: ${pageSize}, after: $after) { nodes { id segment country } pageInfo { endCursor } }
  }`
  const readPage = async (after: string | null): Promise<string> => {
    const data = await ask<{ customers: { pageInfo: { endCursor: string } } }>(gateway, query, { after })
    return data.customers.pageInfo.endCursor
  }
  progress('import: pages')
  const cursors: (string | null)[] = [null]
  while (cursors.length < Math.max(...depths)) cursors.push(await readPage(cursors.at(-1) ?? null))
  const rows = await takeTurns(
    depths.map((depth) => ({
      name: `page ${depth} of ${pageSize} customers, plain fields`,
      run: () => readPage(cursors[depth - 1] ?? null),
    })),
    { warmUp, turns },
  )
  printTable(`Pages of ${count} customers over HTTP, in turns`, rows)
}
