import { once } from 'node:events'
import type { Socket } from 'node:net'
import { encodeWireReply, messageLength, parseWireMessage, type WireRequest } from './wire-message.ts'

/** Answers one request with the bytes of a BSON document. Must not throw. */
export type AnswerRequest = (request: WireRequest) => Promise<Buffer>

/**
 * Serves the requests of one client, one after the other. Returns when the client has gone; throws on bytes that are
 * not the protocol. Never holds more than one message and what arrived behind it.
 */
export async function serveConnection(socket: Socket, answer: AnswerRequest): Promise<void> {
  let chunks: Buffer[] = []
  let held = 0
  let needed: number | undefined
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    held += chunk.length
    while (held >= (needed ?? 16)) {
      const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, held)
      chunks = [bytes]
      needed = messageLength(bytes)
      if (needed === undefined || held < needed) break
      const request = parseWireMessage(bytes.subarray(0, needed))
      chunks = [bytes.subarray(needed)]
      held -= needed
      needed = undefined
      const body = await answer(request)
      if (request.unacknowledged || socket.destroyed) continue
      if (!socket.write(encodeWireReply(request, body))) await once(socket, 'drain')
    }
  }
}
