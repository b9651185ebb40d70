import { expect, it } from '@jest/globals'
import { describeMongodbServer } from '../../suites/mongodb-server.suite.ts'
import type { ServerUnderTest } from '../../suites/mongodb-server/server-under-test.ts'

interface OtherServer {
  readonly name: string
  readonly service: string
  readonly variable: string
  readonly gaps: ServerUnderTest['gaps']
}

/** The servers the embedded one is compared with, and where each is known to fall short of MongoDB. */
const others: readonly OtherServer[] = [
  { name: 'FerretDB on SQLite', service: 'mongodb', variable: 'SEALGATE_TEST_MONGODB_URI', gaps: {} },
  { name: 'mongo-java-server', service: 'mongo-java', variable: 'SEALGATE_TEST_MONGODB_URI_2', gaps: {} },
]

const named = (process.env.SEALGATE_TEST_SERVICES ?? '').split(',').map((service) => service.trim())

for (const { name, service, variable, gaps } of others) {
  if (!named.includes(service)) continue
  describeMongodbServer({
    name,
    gaps,
    start: () => {
      const uri = process.env[variable]
      if (uri === undefined)
        throw new Error(`${service} is named in SEALGATE_TEST_SERVICES, but ${variable} is missing`)
      return Promise.resolve({ uri, close: () => Promise.resolve() })
    },
  })
}

it('runs the suite on every server that is named', () => {
  const known = others.map(({ service }) => service)
  expect(
    named
      .filter((service) => known.includes(service))
      .every((service) => {
        const variable = others.find((other) => other.service === service)?.variable ?? ''
        return process.env[variable] !== undefined
      }),
  ).toBe(true)
})
