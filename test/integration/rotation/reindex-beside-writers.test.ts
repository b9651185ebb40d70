import { afterEach, expect, test } from '@jest/globals'
import fc from 'fast-check'

import type { TestGateway } from '../../support/create-test-gateway.ts'
import {
  type Bounds,
  changeEmail,
  createIndexBench,
  createPeople,
  createPerson,
  deletePerson,
  findByEmail,
  type IndexBench,
  personSdl,
  reindex,
  storedTerms,
} from '../../support/index-rotation.ts'

/** The gateways look once a second, so that they know different phases for most of it; the job waits for five. */
const bounds: Bounds = { watchedMs: 3_000, boundMs: 5_000 }
const people = 60

interface Act {
  readonly kind: 'create' | 'delete' | 'change' | 'search'
  readonly at: number
  readonly to: number
}

const acts = fc.infiniteStream(
  fc.record({
    kind: fc.constantFrom<Act['kind']>('create', 'create', 'delete', 'change', 'search'),
    at: fc.nat(people - 1),
    to: fc.nat(people - 1),
  }),
)

let bench: IndexBench | undefined

afterEach(async () => {
  await bench?.close()
})

/** Whatever one gateway has stored, all find, whichever phase they know. */
async function assertFound(
  gateways: readonly TestGateway[],
  emails: readonly string[],
  owners: ReadonlyMap<string, string>,
): Promise<void> {
  for (const gateway of gateways) {
    for (const email of emails) {
      const owner = owners.get(email)
      expect([email, await findByEmail(gateway, email)]).toEqual([email, owner === undefined ? [] : [owner]])
    }
  }
}

/**
 * One of several writers, each with e-mails of its own and a map of who has them, by any of the gateways in turn. Every answer
 * must be the map's.
 */
async function work(
  name: string,
  gateways: readonly TestGateway[],
  stream: Iterator<Act>,
  ending: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>()
  const emailOf = (number: number): string => `${name}${number}@example.com`
  for (let turn = 0; !ending.aborted; turn += 1) {
    const { kind, at, to } = stream.next().value as Act
    const gateway = gateways[turn % gateways.length]
    if (gateway === undefined) throw new Error('no gateway')
    const email = emailOf(at)
    const target = emailOf(to)
    const owner = owners.get(email)
    if (kind === 'create') {
      const id = await createPerson(gateway, email.toUpperCase())
      expect([email, id === undefined]).toEqual([email, owner !== undefined])
      if (id !== undefined) owners.set(email, id)
    } else if (owner !== undefined && kind === 'delete') {
      await deletePerson(gateway, owner)
      owners.delete(email)
    } else if (owner !== undefined && kind === 'change') {
      const isFree = target === email || !owners.has(target)
      expect([target, await changeEmail(gateway, owner, target)]).toEqual([target, isFree])
      if (isFree) {
        owners.delete(email)
        owners.set(target, owner)
      }
    }
    await assertFound(gateways, [email, target], owners)
  }
  return owners
}

/** Two gateways are told the same new e-mail at once, again and again: one of them has it. */
async function race(
  gateways: readonly TestGateway[],
  ending: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>()
  for (let turn = 0; !ending.aborted; turn += 1) {
    const email = `raced${turn}@example.com`
    const outcomes = await Promise.all(gateways.map((gateway) => createPerson(gateway, email)))
    const winners = outcomes.filter((id) => id !== undefined)
    expect([email, winners.length]).toEqual([email, 1])
    owners.set(email, winners[0] ?? '')
    await assertFound(gateways, [email], owners)
  }
  return owners
}

// On the embedded database alone: the updates of FerretDB are not atomic, and mongo-java-server does not keep sealed values.
test('no answer is wrong or missing, and no e-mail is taken twice, beside a rotation and a change of normaliser', async () => {
  const opened = (bench = await createIndexBench(undefined, bounds))
  const gateways = [await opened.open(), await opened.open(personSdl('[NFKC, TRIM, LOWERCASE]'))]
  const [first, second] = gateways as [TestGateway, TestGateway]
  await createPeople(
    first,
    Array.from({ length: 300 }, (_, index) => `resident${index}@example.com`),
  )
  const ending = new AbortController()
  const streams = fc.sample(acts, 3)
  const working = Promise.all([
    ...streams.map((stream, index) => work(`w${index}x`, gateways, stream[Symbol.iterator](), ending.signal)),
    race(gateways, ending.signal),
  ])
  // Where one of them finds a fault, there is no use in going on.
  working.catch(() => undefined)
  const jobs = (async () => {
    for (const gateway of [first, second])
      expect(await reindex(gateway, {}, bounds)).toMatchObject({ state: 'done' })
  })()
  await Promise.race([jobs, working])
  await jobs
  ending.abort()
  const owners = new Map((await working).flatMap((map) => [...map]))
  expect(owners.size).toBeGreaterThan(50)
  for (const gateway of gateways) {
    for (const [email, id] of owners)
      expect([email, await findByEmail(gateway, email)]).toEqual([email, [id]])
    for (let index = 0; index < 300; index += 1)
      expect(await findByEmail(gateway, `resident${index}@example.com`)).toHaveLength(1)
  }
  const terms = await storedTerms(first)
  expect([terms.t0.length, terms.t1.length]).toEqual([owners.size + 300, 0])
  expect(new Set(terms.t0).size).toBe(terms.t0.length)
}, 240_000)
