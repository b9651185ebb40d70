import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { IntermediateKeyStore } from '../../src/crypto/intermediate-key-store.ts'
import { createMongodbServer } from '../../src/embedded-mongodb/mongodb-server.ts'
import { connectKeyStore } from '../../src/storage/connect-key-store.ts'

export interface TestIntermediateKeys {
  readonly store: IntermediateKeyStore
  readonly close: () => Promise<void>
}

/** Intermediate keys as production stores them, in an embedded database of their own. */
export async function openIntermediateKeys(): Promise<TestIntermediateKeys> {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-intermediate-'))
  const server = await createMongodbServer({ folder })
  const { intermediateKeys, close } = await connectKeyStore({ uri: server.uri, keysDatabase: 'keys' })
  return {
    store: intermediateKeys,
    close: async () => {
      await close()
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
