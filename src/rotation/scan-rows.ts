import type { KeyRow, KeyStore } from '../crypto/key-store.ts'
import { type PageScan, scanPages } from './scan-pages.ts'

/** {@link scanPages} over all key rows, named by their ids in hex. */
export function scanRows<Result>(
  store: KeyStore,
  scan: Pick<PageScan<KeyRow, Result>, 'after' | 'pageSize' | 'work' | 'done'>,
): Promise<void> {
  return scanPages({
    ...scan,
    read: (after, limit) => store.scan(after === undefined ? undefined : Buffer.from(after, 'hex'), limit),
    nameOf: ({ id }) => id.toString('hex'),
  })
}
