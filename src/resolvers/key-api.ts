import { randomUUID } from 'node:crypto'

import type { KeyRing } from '../crypto/key-ring.ts'
import type { Kek } from '../crypto/key-provider.ts'
import type { RuleExpression } from '../directives/policies.ts'
import { GatewayError } from '../errors.ts'
import type { KeyStatistics } from '../rotation/key-statistics.ts'
import type { Job, JobStore } from '../rotation/job.ts'
import type { JobTools } from '../rotation/job-handler.ts'
import { keksOf } from '../rotation/kek-name.ts'
import { revokeKeys } from '../rotation/revoke-keys.ts'
import { startJob } from '../rotation/start-job.ts'
import { surveyKeks } from '../rotation/survey-keks.ts'
import { createErasureResolvers, erasureApiSdl, erasureOperations, type StartJob } from './erasure-api.ts'
import { createStatisticsResolvers, statisticsApiSdl, statisticsOperations } from './key-statistics-api.ts'
import type { RequestContext } from './request-context.ts'

/** What operators of keys ask of a gateway. */
export interface KeyAdministration {
  /** Who may. It looks at the viewer alone. */
  readonly rule: RuleExpression
  /** Those that the schema needs. */
  readonly keks: readonly Kek[]
  readonly jobs: JobStore
  readonly tools: JobTools
  readonly statistics: KeyStatistics
  readonly keyRing: Pick<KeyRing, 'counters'>
}

/** The part of the API that is about keys, and about erasures. Keys name no tenant: they belong to the installation. */
export const keyApiSdl = /* GraphQL */ `
  extend type Query {
    "How every key of the key service is, and what its policy asks for."
    keyStatus: [KeyStatus!]
    "The jobs of all gateways and commands, the newest first."
    keyJobs(first: Int! = 20): [KeyJob!]
    keyJob(id: ID!): KeyJob
  }

  extend type Mutation {
    "A new version of every key of these types wraps from now on; nothing else changes."
    rotateKeys(keyTypes: [String!]!): KeyJob
    "Data keys under the newest version of their keys; stored values stay as they are. No types: all."
    rewrapKeys(keyTypes: [String!]! = []): KeyJob
    "Stored values under the current data key of their holder."
    reencryptValues(keyTypes: [String!]!): KeyJob
    "Index terms under new keys, and as the schema normalises now; with onlyDue where a key is revoked, too old or for another normaliser."
    reindexTerms(keyTypes: [String!]!, onlyDue: Boolean! = false): KeyJob
    "The end of versions that are past their days of grace and wrap nothing; without apply it only tells. No types: all."
    cleanupKeys(keyTypes: [String!]! = [], apply: Boolean! = false): KeyJob
    "Answers how many data keys came to the state. Every gateway works by it 15 seconds later. For keys of index terms a job reindexTerms is started."
    revokeKeys(keys: RevokedKeys!, state: RevokedKeyState! = COMPROMISED, reason: String!): Int
  }

  type KeyStatus {
    keyType: String!
    purpose: String!
    newestVersion: Int!
    oldestVersion: Int!
    createdAt: String
    "When the next version is due."
    dueAt: String
    age: KeyAge!
    "Whether gateways rotate it by themselves."
    automatic: Boolean!
  }

  enum KeyAge {
    CURRENT
    "Its rotation interval has passed."
    DUE
    "Its maximum age has passed."
    EXPIRED
    "The days of grace behind that have passed too: it wraps no new data keys."
    BLOCKED
    "The key service does not say."
    UNKNOWN
  }

  type KeyJob {
    id: ID!
    kind: String!
    state: KeyJobState!
    startedBy: String!
    createdAt: String!
    endedAt: String
    progress: KeyJobProgress
    "What a job that has ended found or made."
    findings: [String!]!
    "Why it failed, or was last interrupted."
    failure: String
  }

  enum KeyJobState {
    "Runs, or waits for a process that runs it."
    WAITING
    DONE
    FAILED
  }

  type KeyJobProgress {
    phase: String!
    at: Int!
    "About."
    total: Int!
    counters: [KeyJobCounter!]!
  }

  type KeyJobCounter {
    name: String!
    count: Int!
  }

  "Which data keys are meant; what is absent is not asked. One member at least is needed."
  input RevokedKeys {
    keyType: String
    tenant: String
    "The id of the subject, model, document or path that holds the key."
    holder: String
    "The beginning of the key id, in hex."
    keyId: String
    olderThanDays: Int
    "The version of the key service's key that wraps it."
    kekVersion: Int
  }

  enum RevokedKeyState {
    "Encrypts nothing any more, and still decrypts, so that its values can be encrypted anew."
    COMPROMISED
    "Neither."
    DISABLED
    ENABLED
  }

  ${statisticsApiSdl}
  ${erasureApiSdl}
`

/** The operations of {@link keyApiSdl} by their root. */
export const keyOperations = {
  Query: ['keyStatus', 'keyJobs', 'keyJob', ...statisticsOperations, ...erasureOperations.Query],
  Mutation: [
    'rotateKeys',
    'rewrapKeys',
    'reencryptValues',
    'reindexTerms',
    'cleanupKeys',
    'revokeKeys',
    ...erasureOperations.Mutation,
  ],
} as const

/** One rule stands in front of all of them. */
export function keyCoordinates(rule: RuleExpression): readonly (readonly [string, string, RuleExpression])[] {
  return Object.entries(keyOperations).flatMap(([root, names]) =>
    names.map((name) => [root, name, rule] as const),
  )
}

type Resolve = (source: unknown, args: never, context: RequestContext) => unknown

/** Resolvers by type, in the order of {@link keyApiSdl}. */
export function createKeyResolvers(administration: KeyAdministration): {
  readonly Query: Readonly<Record<string, Resolve>>
  readonly Mutation: Readonly<Record<string, Resolve>>
} {
  const { keks, jobs, tools } = administration
  const start: StartJob = async (kind, parameters, { viewer }) => {
    const job = await jobs.find(await startJob(jobs, kind, parameters, viewer.id ?? 'unknown'))
    return job === undefined ? null : describeJob(job)
  }
  const erasures = createErasureResolvers(administration, start)
  return {
    Query: {
      ...createStatisticsResolvers(administration),
      ...erasures.Query,
      keyStatus: async () => (await surveyKeks(keksOf([], keks), tools)).map(describeSurvey),
      keyJobs: async (_source, { first }: { first: number }) =>
        (await jobs.list({ limit: Math.min(Math.max(first, 0), 500) })).map(describeJob),
      keyJob: async (_source, { id }: { id: string }) => {
        const job = await jobs.find(id)
        return job === undefined ? null : describeJob(job)
      },
    },
    Mutation: {
      ...erasures.Mutation,
      rotateKeys: (_source, { keyTypes }: Types, context) =>
        start('rotate', { keks: chosen(named(keyTypes), keks) }, context),
      rewrapKeys: (_source, { keyTypes }: Types, context) =>
        start('rewrap', { keks: chosen(keyTypes, keks) }, context),
      reencryptValues: (_source, { keyTypes }: Types, context) => {
        const types = new Set(chosen(named(keyTypes), keks).map(({ keyType }) => keyType))
        return start('reencrypt', { keyTypes: [...types] }, context)
      },
      reindexTerms: (_source, { keyTypes, onlyDue }: Types & { onlyDue: boolean }, context) => {
        const types = new Set(chosen(named(keyTypes), keks).map(({ keyType }) => keyType))
        return start('reindex', { keyTypes: [...types], ...(onlyDue && { onlyDue }) }, context)
      },
      cleanupKeys: (_source, { keyTypes, apply }: Types & { apply: boolean }, context) =>
        start('cleanup', { keks: chosen(keyTypes, keks), apply }, context),
      revokeKeys: async (_source, { keys, state, reason }: RevokeArguments, { viewer }) => {
        const filter = Object.fromEntries(Object.entries(keys).filter(([, asked]) => asked != null))
        if (Object.keys(filter).length === 0) throw refused('Say which keys are meant.', 'keys')
        const to = ({ COMPROMISED: 'compromised', DISABLED: 'disabled', ENABLED: 'enabled' } as const)[state]
        const startedBy = viewer.id ?? 'unknown'
        const revocation = { id: randomUUID(), filter, to, reason, startedBy }
        const { changed, reindex } = await revokeKeys(revocation, tools)
        if (reindex.length > 0)
          await startJob(jobs, 'reindex', { keyTypes: reindex, onlyDue: true }, startedBy)
        return changed
      },
    },
  }
}

interface Types {
  readonly keyTypes: readonly string[]
}

interface RevokeArguments {
  readonly keys: Readonly<Record<string, string | number | null>>
  readonly state: 'COMPROMISED' | 'DISABLED' | 'ENABLED'
  readonly reason: string
}

function named(keyTypes: readonly string[]): readonly string[] {
  if (keyTypes.length === 0) throw refused('Name the key types that are meant.', 'keyTypes')
  return keyTypes
}

function chosen(keyTypes: readonly string[], keks: readonly Kek[]): readonly Kek[] {
  try {
    return keksOf(keyTypes, keks)
  } catch (error) {
    throw refused(error instanceof GatewayError ? error.message : '', 'keyTypes')
  }
}

function refused(message: string, inputPath: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', { message, inputPath })
}

function describeSurvey(survey: Awaited<ReturnType<typeof surveyKeks>>[number]): object {
  const { kek, status, policy, age, dueAt } = survey
  return {
    keyType: kek.keyType,
    purpose: kek.purpose,
    newestVersion: status.newest,
    oldestVersion: status.oldest,
    createdAt: status.newestCreatedAt?.toISOString() ?? null,
    dueAt: dueAt?.toISOString() ?? null,
    age,
    automatic: policy.automatic,
  }
}

function describeJob({
  id,
  kind,
  state,
  startedBy,
  createdAt,
  endedAt,
  progress,
  findings,
  failure,
}: Job): object {
  return {
    id,
    kind,
    state: state.toUpperCase(),
    startedBy,
    createdAt: createdAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    progress:
      progress === undefined
        ? null
        : {
            phase: progress.phase,
            at: progress.at,
            total: progress.total,
            counters: Object.entries(progress.counters).map(([name, count]) => ({ name, count })),
          },
    findings,
    failure: failure ?? null,
  }
}
