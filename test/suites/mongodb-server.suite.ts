import { describe } from '@jest/globals'
import { describeAggregation } from './mongodb-server/aggregation.suite.ts'
import { describeBsonValues } from './mongodb-server/bson-values.suite.ts'
import { describeIndexes } from './mongodb-server/indexes.suite.ts'
import { describeMongoose } from './mongodb-server/mongoose.suite.ts'
import { describeProtocol } from './mongodb-server/protocol.suite.ts'
import { describeQueries } from './mongodb-server/queries.suite.ts'
import { type ServerUnderTest, useServer } from './mongodb-server/server-under-test.ts'
import { describeWrites } from './mongodb-server/writes.suite.ts'

/** What every server that Sealgate stores documents in has to do. */
export function describeMongodbServer(server: ServerUnderTest): void {
  describe(`MongoDB server: ${server.name}`, () => {
    const context = useServer(server)
    describeProtocol(context)
    describeBsonValues(context)
    describeQueries(context)
    describeWrites(context)
    describeIndexes(context)
    describeAggregation(context)
    describeMongoose(context)
  })
}
