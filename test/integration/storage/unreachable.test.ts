import { once } from 'node:events'
import { createServer } from 'node:net'
import { inspect } from 'node:util'

import { expect, test } from '@jest/globals'

import { connectStorage } from '../../../src/storage/connect-storage.ts'

test('a database that does not answer at start is told as unavailable, with nothing of its address', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  const uri = `mongodb://user:secret@127.0.0.1:${port}/`
  const error: unknown = await connectStorage(
    { models: new Map(), embedded: new Map() },
    { uri, database: 'test', keysDatabase: 'test_keys' },
  ).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  expect(inspect(error)).not.toMatch(new RegExp(`secret|${port}`))
})
