import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { Binary, Long } from 'bson'
import { decodeDocument, encodeDocument } from '../bson/document.ts'
import { type BsonNumber, toNumber } from '../bson/canonical-type.ts'
import { FolderInUseError } from '../folder-in-use-error.ts'
import type { Store } from './store.ts'
import { keyPrefix } from './storage-key.ts'

/** Asks a server which folder it owns. */
export type AskOwner = (port: number) => Promise<Buffer | undefined>

const ownerKey = keyPrefix('meta', 2)

interface Owner {
  readonly port: number
  readonly token: Buffer
}

function readOwner(bytes: Buffer): Owner {
  const { port, token } = decodeDocument(bytes)
  return { port: toNumber(port as BsonNumber), token: Buffer.from((token as Binary).buffer) }
}

/** Whether something accepts connections on a loopback port. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const settle = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => {
      settle(true)
    })
    socket.once('error', () => {
      settle(false)
    })
  })
}

/**
 * Makes this server the only one on a folder. The owner is written in the database itself, as a port and a token: it
 * holds only while a server there answers with that token, so the lock ends with its process, however that ends.
 * Two servers that start at once are ordered by the database's own write lock.
 *
 * @param port - where this server listens already
 * @returns the token to answer with
 * @throws FolderInUseError when another server owns the folder
 */
export async function lockFolder(
  store: Store,
  port: number,
  token: Buffer,
  askOwner: AskOwner,
): Promise<void> {
  for (;;) {
    const seen = store.get(ownerKey)
    if (seen !== undefined) {
      const owner = readOwner(seen)
      const alive = owner.port !== port && (await accepts(owner.port))
      const answer = alive ? await askOwner(owner.port) : undefined
      if (alive && (answer === undefined || answer.equals(owner.token))) {
        throw new FolderInUseError(owner.port)
      }
    }
    const taken = await store.write(() => {
      const present = store.get(ownerKey)
      const unchanged = seen === undefined ? present === undefined : present?.equals(seen) === true
      if (unchanged)
        store.put(ownerKey, encodeDocument({ port: Long.fromNumber(port), token: new Binary(token) }))
      return unchanged
    })
    if (taken) return
  }
}

export function createOwnerToken(): Buffer {
  return randomBytes(16)
}

/** Gives the folder up, at the end of an orderly stop. */
export async function unlockFolder(store: Store, token: Buffer): Promise<void> {
  await store.write(() => {
    const present = store.get(ownerKey)
    if (present !== undefined && readOwner(present).token.equals(token)) store.remove(ownerKey)
  })
}
