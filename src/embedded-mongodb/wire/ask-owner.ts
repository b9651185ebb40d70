import { once } from 'node:events'
import { connect } from 'node:net'
import type { Binary } from 'bson'
import { bsonClass } from '../bson/canonical-type.ts'
import { encodeDocument } from '../bson/document.ts'
import { encodeWireRequest, messageLength, parseWireMessage, WireError } from './wire-message.ts'

/** The command by which one embedded server asks another for the token of its folder. */
export const ownerCommand = 'sealgateFolderOwner'

/** How long a busy server may take to answer, in milliseconds. */
const patience = 10_000

/**
 * Asks whatever listens on a loopback port for its token. An empty answer means that it is no embedded server; no
 * answer within ten seconds gives undefined: it may be one that is busy.
 */
export async function askOwner(port: number): Promise<Buffer | undefined> {
  const socket = connect(port, '127.0.0.1')
  const timer = setTimeout(() => {
    socket.destroy()
  }, patience)
  const started = performance.now()
  try {
    await once(socket, 'connect')
    socket.write(encodeWireRequest(encodeDocument({ [ownerCommand]: 1, $db: 'admin' })))
    let bytes = Buffer.alloc(0)
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      bytes = Buffer.concat([bytes, chunk])
      const length = messageLength(bytes)
      if (length === undefined || bytes.length < length) continue
      const { token } = parseWireMessage(bytes.subarray(0, length)).body
      return bsonClass(token) === 'Binary' ? Buffer.from((token as Binary).buffer) : Buffer.alloc(0)
    }
    return performance.now() - started >= patience ? undefined : Buffer.alloc(0)
  } catch (error) {
    if (error instanceof WireError) return Buffer.alloc(0)
    return performance.now() - started >= patience ? undefined : Buffer.alloc(0)
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}
