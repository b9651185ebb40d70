import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMongodbServer } from '../../../src/embedded-mongodb/mongodb-server.ts'
import { describeMongodbServer } from '../../suites/mongodb-server.suite.ts'

describeMongodbServer({
  name: 'embedded',
  gaps: {},
  async start() {
    const folder = await mkdtemp(join(tmpdir(), 'sealgate-mongodb-'))
    const server = await createMongodbServer({ folder })
    return {
      uri: server.uri,
      async close() {
        await server.close()
        await rm(folder, { recursive: true })
      },
    }
  },
})
