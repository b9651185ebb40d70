import type { BackupFile, Manifest } from '../../backup/manifest.ts'
import type { Policies } from '../../directives/policies.ts'
import { GatewayError } from '../../errors.ts'

/**
 * What a backup holds and no model of the schema names, but the gateway's own: it cannot be recovered by this schema.
 * @throws CONFIGURATION_INVALID when nothing can
 */
export function findUnknownCollections(
  { files }: Manifest,
  policies: Policies,
  schemaFolder: string,
): readonly BackupFile[] {
  const known = new Set([...policies.models.values()].map(({ collection }) => collection))
  const unknown = files.filter(
    ({ collection = '', documents }) =>
      documents > 0 && !known.has(collection) && !/^sealgate/i.test(collection),
  )
  if (unknown.length > 0 && !files.some(({ collection = '' }) => known.has(collection))) {
    const names = unknown.map(({ collection }) => collection).join(', ')
    const message = `The backup holds ${names}, and the schema in ${schemaFolder} has no model of these: --schema, or SEALGATE_SCHEMA, names its folder.`
    throw new GatewayError('CONFIGURATION_INVALID', { message })
  }
  return unknown
}
