import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import { findTenantPaths, readStoredPaths } from '../../../src/rotation/reindex/index-paths.ts'
import { nextStep } from '../../../src/rotation/reindex/index-step.ts'
import { planTerms } from '../../../src/rotation/reindex/make-terms.ts'
import { takeIndexSteps } from '../../../src/rotation/reindex/take-index-steps.ts'
import type { TestGateway } from '../../support/create-test-gateway.ts'
import {
  changeEmail,
  createIndexBench,
  createPerson,
  findByEmail,
  type IndexBench,
  indexStates,
} from '../../support/index-rotation.ts'

const services = (process.env.SEALGATE_TEST_SERVICES ?? '').split(',')
/** Not mongo-java-server: it stores binaries of our subtype as others, so that no sealed value is read again. */
const servers: readonly (readonly [string, string | undefined])[] = [
  ['the embedded database', undefined],
  ...(services.includes('mongodb') ? [['MongoDB', 'SEALGATE_TEST_MONGODB_URI'] as const] : []),
]

/** The states behind each step, from one key to the next. */
const phases = [
  ['1 enabled', '2 indexing'],
  ['1 enabled', '2 enabled'],
  ['1 retired', '2 enabled'],
  ['1 destroyed, no key', '2 enabled'],
  ['1 destroyed, no key', '2 enabled', '3 indexing'],
  ['1 destroyed, no key', '2 enabled', '3 enabled'],
  ['1 destroyed, no key', '2 retired', '3 enabled'],
]

describe.each(servers)('two gateways that know phases one apart, on %s', (_name, variable) => {
  let bench: IndexBench
  let early: TestGateway
  let late: TestGateway
  /** Who has which e-mail. */
  const owners = new Map<string, string>()
  let serial = 0
  const refusals = variable === undefined ? ['CONFLICT'] : ['CONFLICT', 'INTERNAL_SERVER_ERROR']

  beforeAll(async () => {
    const uri = variable === undefined ? undefined : process.env[variable]
    if (variable !== undefined && uri === undefined) throw new Error(`${variable} is missing.`)
    bench = await createIndexBench(uri)
    ;[early, late] = [await bench.open(), await bench.open()]
    await write()
  }, 60_000)

  afterAll(async () => {
    await bench.close()
  })

  /** Each gateway creates, changes and races; whatever one stores, both find, and nothing is taken twice. */
  async function write(): Promise<void> {
    for (const [writer, other] of [
      [early, late],
      [late, early],
    ] as const) {
      // prettier-ignore
      serial += 1
      const email = `created${serial}@example.com`
      const id = (await createPerson(writer, email)) ?? ''
      expect(await createPerson(other, email)).toBeUndefined()
      expect(await createPerson(writer, email)).toBeUndefined()
      owners.set(email, id)

      const [changed, kept] = [`changed${serial}@example.com`, `kept${serial}@example.com`]
      owners.set(kept, (await createPerson(writer, kept)) ?? '')
      const changing = (await createPerson(writer, `before${serial}@example.com`)) ?? ''
      expect(await changeEmail(other, changing, changed)).toBe(true)
      owners.set(changed, changing)
      expect(await changeEmail(writer, changing, kept, refusals)).toBe(false)
      for (const gateway of [early, late])
        expect(await findByEmail(gateway, `before${serial}@example.com`)).toEqual([])

      const raced = `raced${serial}@example.com`
      const winners = await Promise.all([early, late, early, late].map((one) => createPerson(one, raced)))
      const [winner, ...more] = winners.filter((one) => one !== undefined)
      expect(more).toEqual([])
      owners.set(raced, winner ?? '')
    }
  }

  async function assertFound(): Promise<void> {
    for (const gateway of [early, late]) {
      for (const [email, id] of owners)
        expect([email, await findByEmail(gateway, email)]).toEqual([email, [id]])
    }
    // What was stored by either in any phase is still taken, for both.
    for (const email of owners.keys()) {
      serial += 1
      expect(await createPerson(serial % 2 === 0 ? early : late, email)).toBeUndefined()
    }
  }

  /** What the job does between two waits, for everyone or for nobody to know of. */
  async function takeStep(): Promise<void> {
    const tools = late.gateway.jobTools
    const paths = await readStoredPaths(await findTenantPaths(['PII'], tools), tools)
    const plans = new Map(paths.map((path) => [path.tuple.name, planTerms(path)]))
    const [collection] = tools.collections
    if (collection === undefined) throw new Error('no collection')
    const documents = await collection.read(undefined, 10_000)
    await collection.reindex(documents, plans, true)
    const proof = await collection.reindex(await collection.read(undefined, 10_000), plans, false)
    const steps = paths.map((path) => {
      const terms = proof.counts.get(path.tuple.name)
      const situation = { keys: path.keys, version: path.path.version, isDue: () => true, terms }
      return { path, step: nextStep(situation), createdAt: new Date() }
    })
    await takeIndexSteps(steps, { id: 'steps', startedBy: 'test' }, tools)
  }

  test.each(phases)(
    '%s, %s and what came before',
    async (...states) => {
      await takeStep()
      expect(await indexStates(late)).toEqual(states)
      late.gateway.keyRing.clear()
      await write()
      await assertFound()
      early.gateway.keyRing.clear()
      await write()
    },
    120_000,
  )
})
