import { parentPort, workerData } from 'node:worker_threads'
import { FolderInUseError } from './folder-in-use-error.ts'
import { createMongodbServer, type MongodbServerOptions } from './mongodb-server.ts'

/** What the thread tells its owner. */
export type WorkerMessage =
  | { readonly kind: 'started'; readonly uri: string }
  | { readonly kind: 'in use'; readonly port: number }
  | { readonly kind: 'failed'; readonly message: string }

const owner = parentPort
if (owner === null) throw new Error('This module is the entry of a worker thread')

const tell = (message: WorkerMessage): void => {
  owner.postMessage(message)
}

try {
  const server = await createMongodbServer(workerData as MongodbServerOptions)
  owner.once('message', () => {
    void server.close().finally(() => {
      owner.close()
    })
  })
  tell({ kind: 'started', uri: server.uri })
} catch (error) {
  if (error instanceof FolderInUseError) tell({ kind: 'in use', port: error.port })
  else tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
}
