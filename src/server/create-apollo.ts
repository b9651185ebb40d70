import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import type { KeyValueCache } from '@apollo/utils.keyvaluecache'
import { fastifyApolloDrainPlugin } from '@as-integrations/fastify'
import type { FastifyInstance } from 'fastify'

import type { RequestContext } from '../resolvers/request-context.ts'
import { createAuditedExecutor } from './audited-executor.ts'
import type { Schemas } from './build-schemas.ts'
import { createExecutor } from './executor/create-executor.ts'
import { createExecutorGateway } from './executor/executor-gateway.ts'
import { createSandboxPlugin } from './explorer/sandbox.ts'
import { createFormatError } from './format-error.ts'
import { createLimitsPlugin } from './limits.ts'
import { describeError } from './describe-error.ts'
import type { GatewayOptions } from './options.ts'
import { standInReportPlugin } from './report-stand-ins.ts'
import { unavailableStatusPlugin } from './unavailable-status.ts'

/** Apollo Server over our executor. Every default that could show more than it should is set here. */
export function createApollo(
  { publicSchema, executableSchema }: Schemas,
  options: GatewayOptions,
  app: FastifyInstance,
  cache: KeyValueCache | undefined,
  onError: ((code: string) => void) | undefined,
): ApolloServer<RequestContext> {
  const { introspection, explorer, limits } = options
  const executor = createExecutor({
    schema: executableSchema,
    publicSchema,
    kind: options.executor,
    maxCoercionErrors: 5,
    hideSuggestions: true,
  })
  const auditedExecutor = createAuditedExecutor(executor)
  const landingPage: ApolloServerPlugin<RequestContext> =
    explorer === 'sandbox' ? createSandboxPlugin<RequestContext>() : ApolloServerPluginLandingPageDisabled()
  return new ApolloServer<RequestContext>({
    gateway: createExecutorGateway({ publicSchema, executor: auditedExecutor }),
    introspection,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: !introspection,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    // Query texts can hold values in literals: they are kept sealed, or not at all.
    ...(cache === undefined ? { persistedQueries: false } : { cache }),
    parseOptions: { maxTokens: limits.tokens },
    validationOptions: { maxErrors: 5 },
    stopOnTerminationSignals: false,
    formatError: createFormatError({
      suggestions: introspection,
      onInternalError: (error, path) => {
        app.log.error({ ...describeError(error), path: path?.join('.') }, 'a field or operation failed')
      },
      onError,
    }),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      landingPage,
      createLimitsPlugin(limits),
      unavailableStatusPlugin,
      standInReportPlugin,
      fastifyApolloDrainPlugin(app),
    ],
  })
}
