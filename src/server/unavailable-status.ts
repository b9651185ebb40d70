import type { ApolloServerPlugin } from '@apollo/server'

import { errorCodes } from '../errors.ts'
import type { RequestContext } from '../resolvers/request-context.ts'

const unavailable: ReadonlySet<unknown> = new Set(['KEY_UNAVAILABLE', 'SERVICE_UNAVAILABLE'])

/** Answers with status 503 when no root field has data because a service was not available, so that clients try again. */
export const unavailableStatusPlugin: ApolloServerPlugin<RequestContext> = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse: ({ response }) => {
        if (response.body.kind === 'single') {
          const { data, errors = [] } = response.body.singleResult
          const empty = data == null || Object.values(data).every((value) => value === null)
          if (empty && errors.some(({ extensions }) => unavailable.has(extensions?.code))) {
            response.http.status = errorCodes.SERVICE_UNAVAILABLE.httpStatus
          }
        }
        return Promise.resolve()
      },
    }),
}
