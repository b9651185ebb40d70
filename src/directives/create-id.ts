import { randomBytes } from 'node:crypto'

/** A new id of a document or an element: 12 bytes, time first, as MongoDB's own ObjectId, in hexadecimal. */
export function createId(): string {
  const seconds = Math.floor(Date.now() / 1000)
  return seconds.toString(16).padStart(8, '0') + randomBytes(8).toString('hex')
}
