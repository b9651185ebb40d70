import { describe, expect, it } from '@jest/globals'
import { serialize } from 'bson'
import { crc32c } from '../../../src/embedded-mongodb/wire/crc32c.ts'
import { messageLength, parseWireMessage } from '../../../src/embedded-mongodb/wire/wire-message.ts'

const ping = Buffer.from(serialize({ ping: 1, $db: 'admin' }))

/** Frames sections as OP_MSG. */
function frame(sections: Buffer, flags = 0, tail: Buffer = Buffer.alloc(0), opCode = 2013): Buffer {
  const head = Buffer.alloc(20)
  head.writeInt32LE(20 + sections.length + tail.length, 0)
  head.writeInt32LE(7, 4)
  head.writeInt32LE(opCode, 12)
  head.writeUInt32LE(flags, 16)
  return Buffer.concat([head, sections, tail])
}

function bodySection(document: Buffer = ping): Buffer {
  return Buffer.concat([Buffer.of(0), document])
}

function sequenceSection(name: string, documents: readonly Buffer[]): Buffer {
  const payload = Buffer.concat([Buffer.from(`${name}\0`), ...documents])
  const size = Buffer.alloc(4)
  size.writeInt32LE(4 + payload.length)
  return Buffer.concat([Buffer.of(1), size, payload])
}

describe('wire messages', () => {
  it('carry a command as their body', () => {
    const { requestId, body, unacknowledged, legacy } = parseWireMessage(frame(bodySection()))
    expect({ requestId, unacknowledged, legacy, command: Object.keys(body)[0] }).toEqual({
      requestId: 7,
      unacknowledged: false,
      legacy: false,
      command: 'ping',
    })
  })

  it('carry documents beside the body, before or after it', () => {
    const documents = [1, 2].map((a) => Buffer.from(serialize({ a })))
    const sections = [sequenceSection('documents', documents), bodySection(), sequenceSection('more', [ping])]
    const { sequences } = parseWireMessage(frame(Buffer.concat(sections)))
    expect(sequences.get('documents')).toEqual(documents)
    expect(sequences.get('more')).toEqual([ping])
  })

  it('say when no answer is expected', () => {
    expect(parseWireMessage(frame(bodySection(), 2)).unacknowledged).toBe(true)
  })

  it('are checked against their checksum', () => {
    const message = frame(bodySection(), 1, Buffer.alloc(4))
    message.writeUInt32LE(crc32c(message.subarray(0, -4)), message.length - 4)
    expect(Object.keys(parseWireMessage(message).body)).toContain('ping')
    message.writeUInt8(message.readUInt8(30) ^ 1, 30)
    expect(() => parseWireMessage(message)).toThrow('checksum mismatch')
  })

  it('have the checksum of RFC 3720', () => {
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
  })

  it.each([
    ['an unknown required flag', frame(bodySection(), 4)],
    ['no body', frame(sequenceSection('documents', [ping]))],
    ['two bodies', frame(Buffer.concat([bodySection(), bodySection()]))],
    ['an unknown kind of section', frame(Buffer.concat([Buffer.of(9), ping]))],
    ['a document that is longer than the message', frame(Buffer.of(0, 255, 0, 0, 0))],
    [
      'a section that is longer than the message',
      frame(Buffer.concat([bodySection(), Buffer.of(1, 255, 0, 0, 0)])),
    ],
    ['a section without a name', frame(Buffer.concat([bodySection(), Buffer.of(1, 6, 0, 0, 0, 65, 65)]))],
    [
      'two sections of one name',
      frame(Buffer.concat([bodySection(), sequenceSection('a', []), sequenceSection('a', [])])),
    ],
    ['a document cut short', frame(bodySection(Buffer.concat([ping.subarray(0, -3), Buffer.of(1, 1, 1)])))],
  ])('are refused with %s', (_title, bytes) => {
    expect(() => parseWireMessage(bytes)).toThrow()
  })

  it('are refused before they are read when they are too long or not the protocol', () => {
    const tooLong = frame(bodySection())
    tooLong.writeInt32LE(48_000_001, 0)
    expect(() => messageLength(tooLong)).toThrow('invalid message length')
    expect(() => messageLength(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toThrow('unknown opcode')
    expect(() => messageLength(frame(bodySection(), 0, Buffer.alloc(0), 2012))).toThrow('unknown opcode')
    expect(messageLength(Buffer.alloc(15))).toBeUndefined()
  })
})
