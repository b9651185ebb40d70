import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize, type Document, serialize } from 'bson'
import { MongoClient } from 'mongodb'
import { createMongodbServer, type MongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'

function message(body: Document, requestId: number, flags = 0): Buffer {
  const document = Buffer.from(serialize(body))
  const head = Buffer.alloc(21)
  head.writeInt32LE(21 + document.length, 0)
  head.writeInt32LE(requestId, 4)
  head.writeInt32LE(2013, 12)
  head.writeUInt32LE(flags, 16)
  return Buffer.concat([head, document])
}

/** Reads so many answers: which request each is for, and what it says. */
async function readAnswers(socket: Socket, count: number): Promise<{ to: number; body: Document }[]> {
  const answers: { to: number; body: Document }[] = []
  let bytes = Buffer.alloc(0)
  while (answers.length < count) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    bytes = Buffer.concat([bytes, chunk])
    while (bytes.length >= 4 && bytes.length >= bytes.readInt32LE(0)) {
      const length = bytes.readInt32LE(0)
      answers.push({ to: bytes.readInt32LE(8), body: deserialize(bytes.subarray(21, length)) })
      bytes = bytes.subarray(length)
    }
  }
  return answers
}

describe('connections of the embedded MongoDB server', () => {
  let folder: string
  let server: MongodbServer
  let port: number

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sealgate-connection-'))
    server = await createMongodbServer({ folder })
    port = Number(new URL(server.uri).port)
  })
  afterAll(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })

  it('take messages in pieces of any size, and several in one piece', async () => {
    const socket = connect(port, '127.0.0.1')
    const answers = readAnswers(socket, 4)
    const first = message({ ping: 1, $db: 'admin' }, 1)
    for (const byte of first) socket.write(Buffer.of(byte))
    socket.write(Buffer.concat([2, 3, 4].map((id) => message({ ping: 1, $db: 'admin' }, id))))
    expect((await answers).map(({ to, body }) => [to, body.ok as unknown])).toEqual(
      [1, 2, 3, 4].map((id) => [id, 1]),
    )
    socket.destroy()
  })

  it('give no answer where none is expected', async () => {
    const socket = connect(port, '127.0.0.1')
    const answers = readAnswers(socket, 1)
    const insert = { insert: 'quiet', documents: [{ _id: 1 }], $db: 'd' }
    socket.write(Buffer.concat([message(insert, 1, 2), message({ count: 'quiet', $db: 'd' }, 2)]))
    expect(await answers).toEqual([{ to: 2, body: { n: 1, ok: 1 } }])
    socket.destroy()
  })

  it.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a message that claims to be huge', Buffer.from('ffffff7f0000000000000000dd07000000000000', 'hex')],
    [
      'a malformed document',
      Buffer.from('1a00000001000000000000' + '00dd07000000000000' + '000600000000', 'hex'),
    ],
  ])('end at %s, while others go on', async (_title, bytes) => {
    const socket = connect(port, '127.0.0.1')
    const closed = once(socket, 'close')
    socket.on('error', () => undefined)
    socket.write(bytes)
    socket.resume()
    await closed
    const client = await MongoClient.connect(server.uri)
    expect(await client.db('d').command({ ping: 1 })).toMatchObject({ ok: 1 })
    await client.close()
  })

  it('accepts no other interface than loopback', () => {
    expect(new URL(server.uri).hostname).toBe('127.0.0.1')
  })

  it('do not wait for the long scan of another connection', async () => {
    const client = await MongoClient.connect(server.uri)
    const c = client.db('d').collection<{ _id: number; v: string }>('long')
    await c.insertMany(Array.from({ length: 20_000 }, (_, i) => ({ _id: i, v: 'x'.repeat(50) })))
    const order: string[] = []
    const scan = c
      .find({ v: 'nothing' })
      .toArray()
      .then(() => order.push('scan'))
    const reads = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) {
        await c.findOne({ _id: i })
        order.push('read')
      }
    }
    await Promise.all([scan, reads()])
    expect(order.indexOf('scan')).toBeGreaterThan(0)
    await client.close()
  })
})
