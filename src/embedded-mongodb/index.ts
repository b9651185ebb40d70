import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { FolderInUseError } from './folder-in-use-error.ts'
import type { MongodbServer, MongodbServerOptions } from './mongodb-server.ts'
import type { WorkerMessage } from './worker.ts'

export { FolderInUseError } from './folder-in-use-error.ts'
export type { MongodbServer, MongodbServerOptions } from './mongodb-server.ts'

/**
 * Starts the embedded MongoDB server in a thread of its own, on the loopback interface.
 * Throws FolderInUseError when the folder is in use by another server, and an Error when the port is taken.
 */
export async function startEmbeddedMongodb(options: MongodbServerOptions): Promise<MongodbServer> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    name: 'embedded-mongodb',
    workerData: options,
  })
  const [message] = (await once(worker, 'message')) as [WorkerMessage]
  if (message.kind !== 'started') {
    await worker.terminate()
    throw message.kind === 'in use' ? new FolderInUseError(message.port) : new Error(message.message)
  }
  let exited: Promise<unknown> | undefined
  return {
    uri: message.uri,
    async close() {
      exited ??= once(worker, 'exit')
      worker.postMessage('close')
      await exited
    },
  }
}
