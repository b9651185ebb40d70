import { randomInt } from 'node:crypto'

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
  // randomInt draws from a page of random bytes; a call of the CSPRNG for each id costs as much as a cipher.
  return hex(lastMillisecond, 12) + hex(counter, 4) + hex(randomInt(2 ** 32), 8)
}

function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, '0')
}
