import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'

import type { JobKind, JobParameters, JobStore, NewJob } from './job.ts'

/**
 * Writes a job down, to be run by whoever takes it. A waiting job that was told the same is the one: to ask twice, or on two
 * gateways at once, does not do it twice.
 *
 * @returns its id: kind, day, a hash of what it is told, and which of the day's it is
 */
export async function startJob<Kind extends JobKind>(
  store: JobStore,
  kind: Kind,
  parameters: JobParameters[Kind],
  startedBy: string,
): Promise<string> {
  for (const waiting of await store.list({ waiting: true, limit: 1_000 })) {
    if (waiting.kind === kind && isDeepStrictEqual(waiting.parameters, parameters)) return waiting.id
  }
  const createdAt = new Date()
  const told = createHash('sha256').update(JSON.stringify(parameters)).digest('hex').slice(0, 8)
  for (let number = 1; ; number += 1) {
    const id = `${kind}-${createdAt.toISOString().slice(0, 10)}-${told}-${number}`
    if (await store.insert({ id, kind, parameters, startedBy, createdAt } as NewJob)) return id
    // The name is taken by another that asks at the same time, or by one that has ended.
    if ((await store.find(id))?.state === 'waiting') return id
  }
}
