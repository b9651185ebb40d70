import type { AuthenticatorOptions } from '../auth/authenticate.ts'
import type { KeyRights } from '../crypto/key-rights.ts'
import type { KeyPolicies } from '../crypto/key-policy.ts'
import type { CipherName } from '../crypto/cipher-names.ts'
import type { KeyProviderOptions } from '../kms/index.ts'
import type { ResolverLimits } from '../resolvers/model-context.ts'
import type { StorageOptions } from '../storage/connect-storage.ts'
import type { BackupDays } from '../rotation/erasure/erasure-tools.ts'
import type { AuditOptions } from './create-audit.ts'
import type { ExecutorKind } from './executor/create-executor.ts'
import type { ExplorerTab } from './explorer/explorer-tab.ts'
import type { RequestLimits } from './limits.ts'
import type { PerformanceMode } from './performance-modes.ts'

export interface GatewayOptions {
  /** Folder of SDL files. */
  readonly schemaFolder: string
  readonly storage: StorageOptions
  readonly keys: KeyProviderOptions
  /** What this instance may use its keys for. */
  readonly keyRights: KeyRights
  readonly keyPolicies: KeyPolicies
  /** The rule that stands in front of the part of the API about keys, such as `role:ADMIN`; `off`: there is no such part. */
  readonly keyApi: string
  /** Whether this process runs key jobs, those that wait and those that the policies ask for; only with all key rights. */
  readonly keySchedule: 'on' | 'off'
  /** How long backups are kept: for receipts of erasures, and nothing else. */
  readonly backups: BackupDays
  readonly authentication: AuthenticatorOptions
  readonly explorer: 'graphiql' | 'sandbox' | 'off'
  readonly explorerTabs: () => readonly ExplorerTab[]
  readonly introspection: boolean
  readonly executor: ExecutorKind
  readonly audit: AuditOptions | 'off'
  /** Where texts of persisted queries are kept, sealed; `off`: nowhere, and clients may not persist any. */
  readonly cache: CacheOptions
  /** A row of settings that trade time and room against what a stolen process or database would tell. */
  readonly performance: PerformanceMode
  /** What values under keys of one subject or document are encrypted with from now on. */
  readonly cipher: CipherName
  /** Whether there is a `/metrics`, on an address of its own. */
  readonly metrics: 'on' | 'off'
  readonly limits: RequestLimits & ResolverLimits
  readonly log: LogOptions
}

export type CacheOptions =
  { readonly kind: 'off' } | { readonly kind: 'memory' } | { readonly kind: 'redis'; readonly url: string }

export interface LogOptions {
  readonly level: 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug'
  /** Default: standard output. */
  readonly stream?: { write: (line: string) => void }
}
