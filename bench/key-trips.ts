import type { KeyRingCounters } from '../src/crypto/key-ring.ts'
import { graphqlPath } from '../src/server/create-gateway.ts'
import { openPeopleGateway, type PeopleGateway } from './people/open-gateway.ts'
import { listQuery, type Role, roles } from './people/people.ts'
import { printTable, progress } from './report.ts'

/** Calls to the key service for a list of 100 people, each with keys of their own, as the key ring counts them. */
export async function benchKeyTrips(): Promise<void> {
  progress('keys: creating 100 people')
  const people = await openPeopleGateway({ level: 'silent' })
  const { keyRing } = people.gateway
  const rows: Record<string, string | number>[] = []
  for (const role of roles) {
    keyRing.clear()
    for (const temperature of ['cold', 'warm']) {
      const before = keyRing.counters
      await ask(people, role, listQuery)
      rows.push({
        'list of 100 subjects': `${role.toLowerCase()}, ${temperature}`,
        ...difference(before, keyRing.counters),
      })
    }
  }
  printTable('Calls to the key service for one request', rows)
  progress('keys: reading one subject')
  printTable('Calls to the key service for one subject', [
    await countReads(people, '1,000 cold reads at once', async (read) => {
      await Promise.all(Array.from({ length: 1_000 }, () => read(1)))
    }),
    await countReads(people, '10,000 reads, cold at first', async (read) => {
      for (let request = 0; request < 100; request += 1) await read(100)
    }),
  ])
  await people.close()
}

/** @param work - reads the one subject, so many times a request */
async function countReads(
  people: PeopleGateway,
  name: string,
  work: (read: (times: number) => Promise<void>) => Promise<void>,
): Promise<Record<string, string | number>> {
  const { keyRing } = people.gateway
  const id = await firstId(people)
  keyRing.clear()
  const before = keyRing.counters
  await work(async (times) => {
    const fields = Array.from({ length: times }, (_, n) => `p${n}: person(id: "${id}") { email }`)
    await ask(people, 'CLEAR', `{ ${fields.join(' ')} }`)
  })
  return { 'one subject': name, ...difference(before, keyRing.counters) }
}

async function firstId(people: PeopleGateway): Promise<string> {
  const { data } = await ask(people, 'CLEAR', '{ people(first: 1) { nodes { id } } }')
  return data.people?.nodes[0]?.id ?? ''
}

function difference(before: KeyRingCounters, after: KeyRingCounters): Record<string, number> {
  return {
    calls: after.unwrapTrips - before.unwrapTrips,
    'REVEAL keys': after.unwrapsFor.REVEAL - before.unwrapsFor.REVEAL,
    'MASK keys': after.unwrapsFor.MASK - before.unwrapsFor.MASK,
    'INDEX keys': after.unwrapsFor.INDEX - before.unwrapsFor.INDEX,
    'key-store reads': after.finds - before.finds,
    'cache hits': after.hits - before.hits,
  }
}

interface Answer {
  readonly data: { readonly people?: { readonly nodes: readonly { readonly id?: string }[] } }
}

async function ask({ gateway, authorization }: PeopleGateway, role: Role, query: string): Promise<Answer> {
  const response = await gateway.app.inject({
    method: 'POST',
    url: graphqlPath,
    headers: { authorization: authorization[role] },
    payload: { query },
  })
  if (response.statusCode !== 200) throw new Error(`A request was answered with ${response.statusCode}.`)
  return response.json<Answer>()
}
