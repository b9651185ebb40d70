import { loadConfig } from '../../config/load-config.ts'
import type { Kek } from '../../crypto/key-provider.ts'
import { StateLease } from '../../crypto/state-lease.ts'
import { verifyKeks } from '../../crypto/verify-keks.ts'
import { PathCiphers } from '../../directives/path-cipher.ts'
import type { KeyRing } from '../../crypto/key-ring.ts'
import { createKeyProvider } from '../../kms/index.ts'
import type { JobTools } from '../../rotation/job-handler.ts'
import { sealedStoreKeks } from '../../sealed-store/sealed-store.ts'
import { createErasureTools } from '../../server/create-erasure-tools.ts'
import { createKeyRing } from '../../server/create-key-ring.ts'
import { type Audit, type AuditOptions, createAudit } from '../../server/create-audit.ts'
import { performanceModes } from '../../server/performance-modes.ts'
import { sealedCollections } from '../../server/sealed-collections.ts'
import { neededKeks } from '../../server/verified-keys.ts'
import { watchKeyStates } from '../../server/watch-key-states.ts'
import { connectStorage, type Storage } from '../../storage/connect-storage.ts'
import type { KeysOptions } from '../keys.ts'
import { openDatabase } from '../open-database.ts'
import { readSchema } from '../read-schema.ts'

/** The keys of an installation, verified, for as long as a command works with them. */
export interface OpenKeys {
  /** Those that the schema needs. */
  readonly keks: readonly Kek[]
  readonly storage: Storage
  readonly tools: JobTools
  /** Of those who name none. */
  readonly defaultTenant: string
}

/** @throws as a start does: KEYS_MISMATCH, KEY_UNAVAILABLE, SERVICE_UNAVAILABLE, CONFIGURATION_INVALID, SCHEMA_INVALID */
export async function withKeys<Result>(
  options: KeysOptions,
  work: (keys: OpenKeys) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig(options)
  const {
    databaseName,
    keysDatabaseName,
    keys,
    keyPolicies,
    schemaFolder,
    audit,
    cipher,
    performance,
    keyRights: rights,
  } = config.gateway
  const { policies } = readSchema(schemaFolder)
  const database = await openDatabase(config)
  try {
    const names = { database: databaseName, keysDatabase: keysDatabaseName }
    const storage = await connectStorage(policies, { uri: database.uri, ...names })
    const provider = createKeyProvider(keys, storage.intermediateKeys)
    try {
      const cached = config.gateway.cache.kind === 'off' ? [] : sealedStoreKeks
      const keks = [...neededKeks(policies, rights, audit !== 'off'), ...cached]
      await provider.prepare(keks)
      await verifyKeks(provider, storage.keyStore, keks, rights)
      const { keyCache: cache, padding } = performanceModes[performance]
      const states = new StateLease()
      const { keyStore } = storage
      const ring = createKeyRing({ store: keyStore, provider, rights, cache, policies: keyPolicies, states })
      // A job takes hours, in which keys may be revoked.
      const watch = await watchKeyStates({ store: keyStore, keyRing: ring, lease: states })
      const collections = sealedCollections(policies, storage, ring, new PathCiphers({ cipher, padding }))
      const log = audit === 'off' ? undefined : openAudit(audit, ring, storage)
      const erasure = createErasureTools({
        policies,
        storage,
        keyRing: ring,
        audited: audit !== 'off',
        backups: config.gateway.backups,
      })
      const tools = { keyStore, provider, policies: keyPolicies, audit: log?.log, collections, erasure }
      try {
        return await work({ keks, storage, tools, defaultTenant: config.defaultTenant })
      } finally {
        watch.stop()
        await log?.close()
      }
    } finally {
      await Promise.allSettled([provider.close(), storage.close()])
    }
  } finally {
    await database.close()
  }
}

/** A chain of this command's own. The spool is the gateway's alone, and standard output is for what the command prints. */
function openAudit(options: AuditOptions, ring: KeyRing, storage: Storage): Audit {
  const sinks = options.sinks.filter((sink) => sink !== 'stdout')
  const tell = (what: string): void => {
    process.stderr.write(`The audit log ${what}.\n`)
  }
  return createAudit(
    { ...options, sinks: sinks.length > 0 ? sinks : ['database'], spool: undefined },
    ring,
    storage.audit,
    {
      onChange: (_what, error) => {
        tell(error === undefined ? 'is written again' : 'cannot be written')
      },
      onAnchorFailure: () => {
        tell('could not be anchored')
      },
      onLoss: (lines) => {
        tell(`lost ${lines} lines`)
      },
    },
  )
}
