import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { answerRequest } from './commands/answer-request.ts'
import { createEngine } from './engine.ts'
import { serveConnection } from './wire/connection.ts'

export interface MongodbServerOptions {
  /** Where the database is kept; created if it is missing. */
  readonly folder: string
  /** On the loopback interface; 0 (the default) takes a free one. */
  readonly port?: number
}

export interface MongodbServer {
  readonly uri: string
  /** Finishes the writes that were begun, then closes everything. */
  close(): Promise<void>
}

const host = '127.0.0.1'

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Serves a folder over the MongoDB wire protocol, in this thread. */
export async function createMongodbServer({
  folder,
  port = 0,
}: MongodbServerOptions): Promise<MongodbServer> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const engine = createEngine(folder)
  const sockets = new Set<Socket>()
  let lastConnection = 0
  const server = createServer({ noDelay: true }, (socket) => {
    const connectionId = ++lastConnection
    sockets.add(socket)
    // Whatever goes wrong on a connection ends that connection only.
    serveConnection(socket, (request) => answerRequest(engine, connectionId, request))
      .catch(() => undefined)
      .finally(() => {
        sockets.delete(socket)
        socket.destroy()
      })
    socket.on('error', () => undefined)
  })
  const bound = await listen(server, port)
  await engine.catalog.dropUnfinishedIndexes()
  void engine.catalog.sweep().catch(() => undefined)
  return {
    uri: `mongodb://${host}:${bound}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
      await engine.store.close()
    },
  }
}
