import type { ApolloServerPlugin } from '@apollo/server'

import type { ErrorCode } from '../errors.ts'
import type { RequestContext } from '../resolvers/request-context.ts'

const code: ErrorCode = 'KEY_UNAVAILABLE'

/**
 * Lists in `extensions.unavailable` what stands in the place of values whose key is not available, so that no client takes a
 * null for "no value" or a mask for what this viewer is shown otherwise.
 */
export const standInReportPlugin: ApolloServerPlugin<RequestContext> = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse: ({ response: { body }, contextValue: { standIns } }) => {
        if (standIns.length > 0 && body.kind === 'single' && body.singleResult.data != null) {
          const unavailable = standIns.map((standIn) => ({ code, ...standIn }))
          body.singleResult.extensions = { ...body.singleResult.extensions, unavailable }
        }
        return Promise.resolve()
      },
    }),
}
