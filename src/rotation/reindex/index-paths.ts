import { generationsOf } from '../../crypto/key-states.ts'
import type { KeyRow, StoredKey } from '../../crypto/key-store.ts'
import { createKeyTuple, holderId, type KeyTuple } from '../../crypto/key-tuple.ts'
import type { JobTools } from '../job-handler.ts'
import { scanRows } from '../scan-rows.ts'
import type { SearchablePath } from '../sealed-collection.ts'

/** A searchable path of the schema in one tenant. */
export interface TenantPath {
  readonly tuple: KeyTuple
  readonly path: SearchablePath
  readonly rowId: Buffer
}

/** The same, with what is stored of its key. */
export interface StoredPath extends TenantPath {
  readonly row: KeyRow | undefined
  /** The oldest first. */
  readonly keys: readonly StoredKey[]
}

/** Every path of these key types in every tenant that has documents of its model. */
export async function findDocumentPaths(
  keyTypes: readonly string[],
  { collections }: Pick<JobTools, 'collections'>,
): Promise<readonly TenantPath[]> {
  const found: TenantPath[] = []
  for (const collection of collections) {
    const paths = collection.searchable.filter(({ keyType }) => keyTypes.includes(keyType))
    if (paths.length === 0) continue
    for (const tenant of await collection.tenants()) found.push(...paths.map((path) => pathOf(tenant, path)))
  }
  return found
}

/** The same, and those of tenants that have a key of the path already. Looks at every key row. */
export async function findTenantPaths(
  keyTypes: readonly string[],
  tools: JobTools,
): Promise<readonly TenantPath[]> {
  const paths = tools.collections.flatMap(({ searchable }) =>
    searchable.filter(({ keyType }) => keyTypes.includes(keyType)),
  )
  const ofDocuments = await findDocumentPaths(keyTypes, tools)
  const found = new Map(ofDocuments.map((path) => [path.tuple.name, path]))
  await scanRows(tools.keyStore, {
    pageSize: 1_000,
    work: (rows) => Promise.resolve(rows.filter(({ holder }) => holder.scope === 'PATH')),
    done: (rows) => {
      for (const { holder } of rows) {
        for (const path of paths.filter(({ scopeId }) => scopeId === holder.scopeId)) {
          const ofTenant = pathOf(holder.tenant, path)
          found.set(ofTenant.tuple.name, ofTenant)
        }
      }
      return Promise.resolve()
    },
  })
  return [...found.values()]
}

function pathOf(tenant: string, path: SearchablePath): TenantPath {
  const holder = { tenant, scope: 'PATH', scopeId: path.scopeId } as const
  return { tuple: createKeyTuple(holder, path.keyType, 'INDEX'), path, rowId: holderId(holder) }
}

/** How many rows are looked up at once. */
const pageSize = 1_000

export async function readStoredPaths(
  paths: readonly TenantPath[],
  { keyStore }: Pick<JobTools, 'keyStore'>,
): Promise<readonly StoredPath[]> {
  const found: StoredPath[] = []
  for (let start = 0; start < paths.length; start += pageSize) {
    const page = paths.slice(start, start + pageSize)
    const rows = new Map(
      (await keyStore.find(page.map(({ rowId }) => rowId))).map((row) => [row.id.toString('hex'), row]),
    )
    for (const path of page) {
      const row = rows.get(path.rowId.toString('hex'))
      if (row?.erased !== true) found.push({ ...path, row, keys: generationsOf(row, path.tuple) })
    }
  }
  return found
}
