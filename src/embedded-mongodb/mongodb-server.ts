import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { Binary } from 'bson'
import { encodeDocument } from './bson/document.ts'
import { answerRequest } from './commands/answer-request.ts'
import { createEngine, type Engine } from './engine.ts'
import { expireDocuments, expiryInterval } from './expire-documents.ts'
import { createOwnerToken, lockFolder, unlockFolder } from './storage/folder-lock.ts'
import { Store } from './storage/store.ts'
import { askOwner, ownerCommand } from './wire/ask-owner.ts'
import { serveConnection } from './wire/connection.ts'
import type { WireRequest } from './wire/wire-message.ts'

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

/** Answers the one question that may come before the folder is locked. */
function answerOwner(request: WireRequest, token: Buffer): Buffer | undefined {
  return Object.hasOwn(request.body, ownerCommand)
    ? encodeDocument({ token: new Binary(token), ok: 1 })
    : undefined
}

/** Serves a folder over the MongoDB wire protocol, in this thread. Throws when another server has the folder. */
export async function createMongodbServer({
  folder,
  port = 0,
}: MongodbServerOptions): Promise<MongodbServer> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const store = new Store(folder)
  const token = createOwnerToken()
  const sockets = new Set<Socket>()
  const ready: { engine?: Engine } = {}
  let lastConnection = 0
  const server = createServer({ noDelay: true }, (socket) => {
    const connectionId = ++lastConnection
    const answer = async (request: WireRequest): Promise<Buffer> => {
      const owner = answerOwner(request, token)
      if (owner !== undefined) return owner
      const { engine } = ready
      return engine === undefined ? encodeDocument(notReady) : answerRequest(engine, connectionId, request)
    }
    sockets.add(socket)
    socket.on('error', () => undefined)
    // Whatever goes wrong on a connection ends that connection only.
    serveConnection(socket, answer)
      .catch(() => undefined)
      .finally(() => {
        sockets.delete(socket)
        socket.destroy()
      })
  })
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  let bound: number
  try {
    bound = await listen(server, port)
  } catch (error) {
    await store.close()
    throw error
  }
  try {
    await lockFolder(store, bound, token, askOwner)
  } catch (error) {
    await stop()
    await store.close()
    throw error
  }
  const engine = createEngine(store)
  await engine.catalog.dropUnfinishedIndexes()
  const upkeep = startUpkeep(engine)
  ready.engine = engine
  return {
    uri: `mongodb://${host}:${bound}`,
    async close() {
      clearInterval(upkeep)
      await stop()
      await unlockFolder(store, token)
      await store.close()
    },
  }
}

const notReady = { ok: 0, errmsg: 'The server is starting', code: 11600, codeName: 'InterruptedAtShutdown' }

/** Frees what was dropped before, and removes expired documents from time to time. A failure is tried again. */
function startUpkeep(engine: Engine): NodeJS.Timeout {
  void engine.catalog.sweep().catch(() => undefined)
  return setInterval(() => {
    engine.cursors.closeIdle()
    void expireDocuments(engine).catch(() => undefined)
  }, expiryInterval).unref()
}
