import { expect, it } from '@jest/globals'
import { describeMongodbServer } from '../../suites/mongodb-server.suite.ts'
import type { ServerUnderTest } from '../../suites/mongodb-server/server-under-test.ts'
import { ferretGaps, javaGaps } from './other-server-gaps.ts'

interface OtherServer {
  readonly name: string
  readonly variable: string
  readonly gaps: ServerUnderTest['gaps']
}

/** The servers the embedded one is compared with, by the name of their service. */
const others: Readonly<Record<string, OtherServer>> = {
  mongodb: { name: 'FerretDB on SQLite', variable: 'SEALGATE_TEST_MONGODB_URI', gaps: ferretGaps },
  'mongo-java': { name: 'mongo-java-server', variable: 'SEALGATE_TEST_MONGODB_URI_2', gaps: javaGaps },
}

const services = (process.env.SEALGATE_TEST_SERVICES ?? '').split(',').map((service) => service.trim())
const named = Object.entries(others).filter(([service]) => services.includes(service))

for (const [service, { name, variable, gaps }] of named) {
  describeMongodbServer({
    name,
    gaps,
    start: () => {
      const uri = process.env[variable]
      if (uri === undefined)
        throw new Error(`SEALGATE_TEST_SERVICES names ${service}, but ${variable} is missing`)
      return Promise.resolve({ uri, close: () => Promise.resolve() })
    },
  })
}

it('knows the address of every server that is named', () => {
  expect(named.filter(([, { variable }]) => process.env[variable] === undefined)).toEqual([])
})
