import { randomBytes } from 'node:crypto'
import { Long } from 'bson'
import { CommandError } from './command-error.ts'
import { maxDocumentBytes } from './bson/document.ts'

/** Encoded documents, a batch at a time. */
export interface EncodedSource {
  next(count: number): Promise<Buffer[]>
  readonly done: boolean
}

export interface Cursor {
  readonly id: Long
  readonly namespace: string
  readonly source: EncodedSource
  readonly keepForever: boolean
  /** Read already, but too large for the batch before. */
  held: Buffer[]
  lastUsed: number
}

/** How long an unused cursor lives, in milliseconds: MongoDB's ten minutes. */
const idleLimit = 600_000
const mostCursors = 10_000

/** Documents read at once while a batch is filled. */
const pieceSize = 256

/** The open cursors of all connections. */
export class Cursors {
  readonly #open = new Map<string, Cursor>()

  create(namespace: string, source: EncodedSource, keepForever = false): Cursor {
    this.closeIdle()
    if (this.#open.size >= mostCursors) throw new CommandError('ExceededMemoryLimit', 'Too many open cursors')
    const id = Long.fromBigInt((randomBytes(8).readBigUInt64BE() >> 2n) + 1n)
    const cursor = { id, namespace, source, keepForever, held: [], lastUsed: Date.now() }
    this.#open.set(String(id), cursor)
    return cursor
  }

  find(id: Long, namespace: string): Cursor {
    const cursor = this.#open.get(String(id))
    if (cursor?.namespace === namespace) return cursor
    throw new CommandError('CursorNotFound', `cursor id ${String(id)} not found`)
  }

  /** Returns whether there was such a cursor. */
  close(id: Long): boolean {
    return this.#open.delete(String(id))
  }

  closeIdle(): void {
    const oldest = Date.now() - idleLimit
    for (const [id, { lastUsed, keepForever }] of this.#open) {
      if (lastUsed < oldest && !keepForever) this.#open.delete(id)
    }
  }

  get count(): number {
    return this.#open.size
  }
}

/** Fills one batch: at most `count` documents, and no more bytes than a reply may have (one document at least). */
export async function readBatch(cursor: Pick<Cursor, 'source' | 'held'>, count: number): Promise<Buffer[]> {
  const batch: Buffer[] = []
  let bytes = 0
  while (batch.length < count) {
    if (cursor.held.length === 0) {
      if (cursor.source.done) break
      cursor.held = await cursor.source.next(Math.min(count - batch.length, pieceSize))
      if (cursor.held.length === 0) break
    }
    const next = cursor.held[0]
    if (next === undefined || (batch.length > 0 && bytes + next.length > maxDocumentBytes)) break
    batch.push(next)
    bytes += next.length
    cursor.held.shift()
  }
  return batch
}
