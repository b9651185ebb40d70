import { dayMs } from '../../crypto/kek-age.ts'
import type { StoredKey } from '../../crypto/key-store.ts'
import { findDocumentPaths, readStoredPaths, type TenantPath } from './index-paths.ts'
import { isMoving } from './index-step.ts'
import type { JobTools } from '../job-handler.ts'

/** Whether the key of a path is revoked, past the maximum age of its type, or for another normaliser than the schema's. */
export function isIndexDue(
  { path }: TenantPath,
  { state, createdAt, indexVersion = path.version }: StoredKey,
  { policies, now = Date.now }: Pick<JobTools, 'policies' | 'now'>,
): boolean {
  const age = now() - createdAt.getTime()
  return (
    state !== 'enabled' ||
    indexVersion !== path.version ||
    age >= policies.of(path.keyType).maxAgeDays * dayMs
  )
}

/** Those of the key types for which the job `reindex` has something to do, or was left in the middle of it. */
export async function findIndexDue(
  keyTypes: readonly string[],
  tools: Pick<JobTools, 'collections' | 'keyStore' | 'policies' | 'now'>,
): Promise<readonly string[]> {
  const paths = await readStoredPaths(await findDocumentPaths(keyTypes, tools), tools)
  const due = paths.filter((path) => {
    const current = path.keys.findLast(({ state }) => state !== 'destroyed')
    return isMoving(path.keys) || (current !== undefined && isIndexDue(path, current, tools))
  })
  return [...new Set(due.map(({ path }) => path.keyType))].sort()
}
