import { randomBytes } from 'node:crypto'

let lastMillisecond = 0
let counter = 0

/**
 * A new id of a document or an element: 12 bytes in hexadecimal, 48 bits of time in milliseconds, 16 of a counter and 32
 * random. Ids of one process ascend, so that documents are listed in the order of their creation.
 */
export function createId(): string {
  const now = Math.max(Date.now(), lastMillisecond)
  counter = now === lastMillisecond ? counter + 1 : 0
  lastMillisecond = counter > 0xffff ? now + 1 : now
  if (counter > 0xffff) counter = 0
  const bytes = randomBytes(12)
  bytes.writeUIntBE(lastMillisecond, 0, 6)
  bytes.writeUInt16BE(counter, 6)
  return bytes.toString('hex')
}
