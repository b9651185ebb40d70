import type { Draft } from '../directives/draft.ts'
import { GatewayError } from '../errors.ts'
import type { ResolverLimits } from './model-context.ts'

/** Encrypted values for each document of the largest batch: they are sealed in one go, while nothing else runs. */
const valuesPerDocument = 50

/**
 * What a mutation costs is not what its text says: lists of embedded objects hold as much as a body does, and each one-way
 * value takes 19 MiB and some milliseconds of all cores.
 * @throws LIMIT_EXCEEDED before anything is encrypted
 */
export function assertAffordable(drafts: readonly Draft[], { batchSize }: ResolverLimits): void {
  const pending = drafts.flatMap((draft) => draft.pending)
  const hashed = pending.filter(({ field }) => field.protection.kind === 'hashed').length
  assertAtMost(batchSize, hashed, 'one-way')
  assertAtMost(batchSize * valuesPerDocument, pending.length, 'protected')
}

function assertAtMost(limit: number, count: number, kind: string): void {
  if (count <= limit) return
  const message = `One mutation writes at most ${limit} ${kind} values.`
  throw new GatewayError('LIMIT_EXCEEDED', { message })
}
