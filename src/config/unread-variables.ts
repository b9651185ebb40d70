import { suggestionList } from 'graphql/jsutils/suggestionList.js'

/** Our variables: those of the README that bear our name. */
export const ownVariables: readonly string[] = [
  'SEALGATE_SCHEMA',
  'SEALGATE_HOST',
  'SEALGATE_PORT',
  'SEALGATE_DATA',
  'SEALGATE_TENANT',
  'SEALGATE_DATABASE',
  'SEALGATE_DATABASE_NAME',
  'SEALGATE_KEYS_DATABASE_NAME',
  'SEALGATE_KEYS',
  'SEALGATE_PREVIOUS_KEYS',
  'SEALGATE_KEY_API',
  'SEALGATE_KEY_POLICIES',
  'SEALGATE_KEY_RIGHTS',
  'SEALGATE_KEY_PREFIX',
  'SEALGATE_AWS_KMS_ENDPOINT',
  'SEALGATE_AZURE_VAULT_URL',
  'SEALGATE_GCP_KEY_RING',
  'SEALGATE_GCP_KMS_ENDPOINT',
  'SEALGATE_KEY_SCHEDULE',
  'SEALGATE_BACKUP_DAYS',
  'SEALGATE_KEYS_BACKUP_DAYS',
  'SEALGATE_KEY_SERVICE_BACKUP_DAYS',
  'SEALGATE_MASTER_KEY',
  'SEALGATE_MASTER_KEY_FILE',
  'SEALGATE_PREVIOUS_MASTER_KEYS',
  'SEALGATE_PREVIOUS_MASTER_KEY_FILES',
  'SEALGATE_VAULT_MOUNT',
  'SEALGATE_VAULT_AUTH_MOUNT',
  'SEALGATE_VAULT_PREFIX',
  'SEALGATE_VAULT_PLAIN_HTTP',
  'SEALGATE_TOKENS',
  'SEALGATE_JWT_PUBLIC_KEY_FILE',
  'SEALGATE_JWT_JWKS_FILE',
  'SEALGATE_JWT_JWKS_URL',
  'SEALGATE_JWT_ISSUER',
  'SEALGATE_JWT_AUDIENCE',
  'SEALGATE_JWT_TYPE',
  'SEALGATE_EXPLORER',
  'SEALGATE_INTROSPECTION',
  'SEALGATE_EXECUTOR',
  'SEALGATE_CACHE',
  'SEALGATE_PERFORMANCE',
  'SEALGATE_CIPHER',
  'SEALGATE_AUDIT',
  'SEALGATE_AUDIT_FILE',
  'SEALGATE_AUDIT_ON_FAILURE',
  'SEALGATE_AUDIT_SPOOL',
  'SEALGATE_AUDIT_SPOOL_SIZE',
  'SEALGATE_AUDIT_ANCHOR_SECONDS',
  'SEALGATE_AUDIT_ANCHOR_FILE',
  'SEALGATE_AUDIT_ANCHOR_URL',
  'SEALGATE_AUDIT_ANCHOR_SECRET_FILE',
  'SEALGATE_INSTANCE',
  'SEALGATE_METRICS_HOST',
  'SEALGATE_METRICS_PORT',
  'SEALGATE_MAX_DEPTH',
  'SEALGATE_MAX_COST',
  'SEALGATE_MAX_PAGE_SIZE',
  'SEALGATE_MAX_BATCH_SIZE',
  'SEALGATE_MAX_RELATION_SIZE',
  'SEALGATE_LOG_LEVEL',
]

/**
 * Variables that bear our name and that nothing reads, one sentence each, without their values. They are told, not refused:
 * Kubernetes makes some of its own for a service of this name.
 */
export function findUnreadVariables(environment: NodeJS.ProcessEnv = process.env): readonly string[] {
  const own = new Set(ownVariables)
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !own.has(name) && !othersOf.test(name))
    .map((name) => {
      const [meant] = suggestionList(name, ownVariables)
      return `${name} is read by nothing.${meant === undefined ? '' : ` Is ${meant} meant?`}`
    })
}

const prefix = 'SEALGATE_'

/** What tests, examples and Kubernetes set. */
const othersOf = /^.{9}(?:TEST_.+|TOKEN|SERVICE_(?:HOST|PORT.*)|PORT_\d+_.+)$/
