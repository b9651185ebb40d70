import type { FastifyInstance } from 'fastify'

import type { AuditEntry } from '../audit/event.ts'
import { createAuthenticator } from '../auth/authenticate.ts'
import { mayUse } from '../crypto/key-rights.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { StateLease } from '../crypto/state-lease.ts'
import { loadSchema } from '../directives/load-schema.ts'
import { PathCiphers } from '../directives/path-cipher.ts'
import type { Policies } from '../directives/policies.ts'
import { readPolicies } from '../directives/read-policies.ts'
import { createRevealer } from '../directives/reveal-documents.ts'
import { createSealer } from '../directives/seal-drafts.ts'
import { createSearcher } from '../directives/search.ts'
import { Selections } from '../directives/selection.ts'
import { createHashVerifier } from '../directives/verify-hashed.ts'
import { createMatchVerifier } from '../directives/verify-matches.ts'
import { GatewayError } from '../errors.ts'
import { breakCircuit } from '../kms/circuit-breaker.ts'
import { createKeyProvider } from '../kms/index.ts'
import { createDecider } from '../permissions/decide.ts'
import { isRule, ruleForms } from '../permissions/rules.ts'
import { checkApi } from '../resolvers/check-api.ts'
import type { ErasureTools } from '../rotation/erasure/erasure-tools.ts'
import { replayErasures } from '../rotation/erasure/replay-erasures.ts'
import type { JobTools } from '../rotation/job-handler.ts'
import { scheduleJobs } from '../rotation/schedule-jobs.ts'
import { sealedStoreKeks } from '../sealed-store/sealed-store.ts'
import { connectStorage, type Storage } from '../storage/connect-storage.ts'
import { auditKeyStore } from './audited-key-store.ts'
import { buildSchemas } from './build-schemas.ts'
import { createApollo } from './create-apollo.ts'
import { type Audit, createAudit } from './create-audit.ts'
import { createHttp } from './create-http.ts'
import { createErasureTools } from './create-erasure-tools.ts'
import { createKeyRing } from './create-key-ring.ts'
import { describeError } from './describe-error.ts'
import { registerExplorer } from './explorer/register-explorer.ts'
import { createMetricsHttp } from './metrics/create-metrics-http.ts'
import { createMetrics } from './metrics/metrics.ts'
import { createKeyStatistics } from '../rotation/key-statistics.ts'
import { observeState } from './metrics/observe-state.ts'
import { timeRequests } from './metrics/time-requests.ts'
import type { GatewayOptions } from './options.ts'
import { openQueryCache } from './query-cache.ts'
import { registerGraphql } from './register-graphql.ts'
import { performanceModes } from './performance-modes.ts'
import { createHealthReader } from './read-health.ts'
import { readKeyRule } from './read-key-rule.ts'
import { registerHealth } from './register-health.ts'
import { sealedCollections } from './sealed-collections.ts'
import { neededKeks, verifyKeys } from './verified-keys.ts'
import { watchKeyStates } from './watch-key-states.ts'

export const graphqlPath = '/graphql'

export interface Gateway {
  readonly app: FastifyInstance
  /** Serves `/metrics`, and listens by itself as little as `app` does; undefined when the options say `off`. */
  readonly metricsApp: FastifyInstance | undefined
  readonly policies: Policies
  readonly storage: Storage
  readonly keyRing: KeyRing
  /** What key jobs work with, for a worker of one's own. */
  readonly jobTools: JobTools
  /** Stops accepting, lets running requests end, and disconnects. */
  readonly close: () => Promise<void>
}

/**
 * Builds the whole gateway, in reading order: what the SDL says, where data lies, who holds the keys, what the words do, the
 * schema, the server. It does not listen yet.
 * @throws GatewayError SCHEMA_INVALID, CONFIGURATION_INVALID, KEYS_MISMATCH or SERVICE_UNAVAILABLE
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  if (options.cache.kind !== 'off' && options.keyRights !== 'full') {
    const message = `A cache needs keys that a ${options.keyRights} instance may not use: set SEALGATE_CACHE to off.`
    throw new GatewayError('CONFIGURATION_INVALID', { message })
  }
  const document = loadSchema(options.schemaFolder)
  const policies = readPolicies(document, { isRule, names: ruleForms })
  const keyRule = readKeyRule(options.keyApi)
  checkApi(document, policies, keyRule !== undefined)
  const decide = createDecider(policies)
  const authenticator = createAuthenticator(options.authentication)
  const app = createHttp(options.log)

  const storage = await connectStorage(policies, options.storage)
  const provider = breakCircuit(createKeyProvider(options.keys, storage.intermediateKeys), {
    onChange: (failing, reason) => {
      if (failing) app.log.error({ reason }, 'calls to the key service fail; they are held back')
      else app.log.warn('the key service answers again')
    },
  })
  const rights = options.keyRights
  const cacheKeks = options.cache.kind === 'off' ? [] : sealedStoreKeks
  const keks = [...neededKeks(policies, rights, options.audit !== 'off'), ...cacheKeks]
  const keys = await verifyKeys(provider, storage.keyStore, keks, rights, (error) => {
    app.log.error(
      { ...describeError(error), reason: error.message },
      'the key service could not be verified; trying again',
    )
  }).catch(async (error: unknown) => {
    await Promise.allSettled([provider.close(), storage.close()])
    throw error
  })
  const recordKey = (entry: AuditEntry): void => {
    audit?.log.append(entry).catch(() => undefined)
  }
  const { keyPolicies } = options
  const { keyCache, padding } = performanceModes[options.performance]
  const states = new StateLease()
  const keyRing = createKeyRing({
    cache: keyCache,
    store: auditKeyStore(storage.keyStore, recordKey),
    provider: keys.provider,
    policies: keyPolicies,
    rights,
    states,
    onExpired: (kek, age) => {
      app.log.warn({ ...kek, age }, 'a key is past its maximum age: rotate it')
    },
  })
  const stateWatch = await watchKeyStates({
    store: storage.keyStore,
    keyRing,
    lease: states,
    onChange: (known) => {
      if (known) app.log.warn('the states of the keys can be read again')
      else app.log.error('the states of the keys cannot be read; no key is used until they can')
    },
  })
  const audit = openAudit(options, app, keyRing, storage)

  const ciphers = new PathCiphers({ cipher: options.cipher, padding })
  const erasure = createErasureTools({
    policies,
    storage,
    keyRing,
    audited: audit !== undefined,
    backups: options.backups,
  })
  await replayLedger(erasure, storage, app.log).catch(async (error: unknown) => {
    stateWatch.stop()
    await audit?.close()
    await Promise.allSettled([provider.close(), storage.close()])
    throw error
  })
  const jobTools: JobTools = {
    keyStore: storage.keyStore,
    provider: keys.provider,
    policies: keyPolicies,
    audit: audit?.log,
    collections: sealedCollections(policies, storage, keyRing, ciphers),
    erasure,
  }
  // A key that an instance may not wrap with tells it no version either.
  const surveyed = keks.filter((kek) => mayUse(rights, 'wrap', kek))
  const statistics = createKeyStatistics(surveyed, jobTools, (error) => {
    app.log.warn(describeError(error), 'the keys could not be counted')
  })
  const metrics = options.metrics === 'on' ? createMetrics() : undefined
  const schemas = buildSchemas(document, {
    keyAdministration:
      keyRule === undefined
        ? undefined
        : { rule: keyRule, keks, jobs: storage.jobStore, tools: jobTools, keyRing, statistics },
    policies,
    repositories: storage.repositories,
    attempts: storage.attempts,
    selections: new Selections(policies),
    sealer: createSealer(keyRing, ciphers),
    revealer: createRevealer(keyRing, ciphers),
    searcher: createSearcher(keyRing, ciphers),
    verifyMatches: createMatchVerifier(keyRing, ciphers),
    verifyHashed: createHashVerifier(keyRing, ciphers),
    limits: options.limits,
  })
  const queryCache = await openQueryCache(options.cache, keyRing, (error) => {
    app.log.warn(describeError(error), 'the cache of persisted queries failed')
  })
  const apollo = createApollo(schemas, options, app, queryCache?.cache, metrics?.countError)
  await apollo.start()

  const readHealth = createHealthReader({
    storage,
    keys,
    states,
    failing: provider.failing,
    auditLog: audit?.log,
  })
  registerHealth(app, readHealth)
  if (options.explorer !== 'off') {
    registerExplorer(app, {
      path: graphqlPath,
      title: 'Sealgate',
      tabs: options.explorerTabs,
      kind: options.explorer,
    })
  }
  const schedule =
    options.keySchedule === 'off' || rights !== 'full'
      ? undefined
      : scheduleJobs({
          store: storage.jobStore,
          keks,
          tools: jobTools,
          onFailure: (error) => {
            app.log.error(describeError(error), 'a key job failed')
          },
        })
  await registerGraphql(app, {
    path: graphqlPath,
    apollo,
    authenticator,
    decide,
    auditLog: audit?.log,
    observe: metrics?.countEvents,
  })
  if (metrics !== undefined) timeRequests(app, metrics)
  const metricsApp =
    metrics === undefined
      ? undefined
      : createMetricsHttp(
          metrics.registry,
          observeState(metrics.registry, { keyRing, statistics, jobs: storage.jobStore, readHealth }),
        )

  return {
    app,
    metricsApp,
    policies,
    storage,
    keyRing,
    jobTools,
    close: async () => {
      keys.stop()
      stateWatch.stop()
      await schedule?.stop()
      await Promise.all([app.close(), metricsApp?.close()])
      await apollo.stop()
      await audit?.close()
      keyRing.clear()
      await Promise.allSettled([queryCache?.close(), provider.close(), storage.close()])
    },
  }
}

function openAudit(
  { audit }: GatewayOptions,
  { log }: FastifyInstance,
  keyRing: KeyRing,
  storage: Storage,
): Audit | undefined {
  if (audit === 'off') return undefined
  return createAudit(audit, keyRing, storage.audit, {
    onChange: (what, error) => {
      if (error === undefined) log.warn({ what }, 'the audit log is written again')
      else log.error({ ...describeError(error), what }, 'the audit log cannot be written')
    },
    onAnchorFailure: (error, target) => {
      log.error({ ...describeError(error), target }, 'the audit log could not be anchored')
    },
    onLoss: (lines) => {
      log.error({ lines }, 'lines of the audit log are lost')
    },
  })
}

/** Before anything is served: the documents may be a copy from before somebody was erased. */
async function replayLedger(
  { ledger, collections }: ErasureTools,
  { keyStore }: Storage,
  log: FastifyInstance['log'],
): Promise<void> {
  const erased = await replayErasures({ ledger, keyStore, collections })
  if (erased > 0) log.warn({ erased }, 'documents of erased subjects were there again, and are erased again')
}
