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
      await askForList(people, role)
      rows.push({
        'list of 100 subjects': `${role.toLowerCase()}, ${temperature}`,
        ...difference(before, keyRing.counters),
      })
    }
  }
  await people.close()
  printTable('Calls to the key service for one request', rows)
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

async function askForList({ gateway, authorization }: PeopleGateway, role: Role): Promise<void> {
  const { statusCode } = await gateway.app.inject({
    method: 'POST',
    url: graphqlPath,
    headers: { authorization: authorization[role] },
    payload: { query: listQuery },
  })
  if (statusCode !== 200) throw new Error(`The list was answered with ${statusCode}.`)
}
