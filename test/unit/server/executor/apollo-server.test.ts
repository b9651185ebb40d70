import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ApolloServer, HeaderMap, type ApolloServerPlugin } from '@apollo/server'
import { getIntrospectionQuery, GraphQLError } from 'graphql'
import { createExecutor, type ExecutorKind } from '../../../../src/server/executor/create-executor.ts'
import { createExecutorGateway } from '../../../../src/server/executor/executor-gateway.ts'
import type { TraceContext } from './compare-executors.ts'
import { zooSchema } from './zoo-schema.ts'

const seen: string[] = []
const watch: ApolloServerPlugin<TraceContext> = {
  requestDidStart: () =>
    Promise.resolve({
      didEncounterErrors({ errors }) {
        seen.push(...errors.map((error) => `${error.message} ${String(error.nodes?.length)}`))
        return Promise.resolve()
      },
    }),
}
const common = {
  introspection: true,
  includeStacktraceInErrorResponses: false,
  plugins: [watch],
  formatError: (formatted: object, error: unknown) => ({
    message: String('message' in formatted ? formatted.message : ''),
    ...formatted,
    extensions: {
      ...('extensions' in formatted ? (formatted.extensions as object) : {}),
      cause: error instanceof GraphQLError ? error.originalError?.name : undefined,
    },
  }),
}
const createGatewayServer = (kind: ExecutorKind) =>
  new ApolloServer<TraceContext>({
    ...common,
    gateway: createExecutorGateway({
      publicSchema: zooSchema,
      executor: createExecutor({ schema: zooSchema, kind }),
    }),
  })
const plain = new ApolloServer<TraceContext>({ ...common, schema: zooSchema })
const servers = { planned: createGatewayServer('planned'), 'graphql-js': createGatewayServer('graphql-js') }

/** As an HTTP integration calls Apollo Server. */
async function post(server: ApolloServer<TraceContext>, body: unknown, method = 'POST') {
  seen.length = 0
  const search = method === 'GET' ? `?query=${encodeURIComponent((body as { query: string }).query)}` : ''
  const response = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: {
      method,
      search,
      headers: new HeaderMap([
        ['content-type', 'application/json'],
        ['apollo-require-preflight', 'yes'],
      ]),
      body: method === 'GET' ? undefined : body,
    },
    context: () => Promise.resolve({ trace: [] }),
  })
  return {
    status: response.status ?? 200,
    headers: [...response.headers],
    body: response.body.kind === 'complete' ? response.body.string : 'chunked',
    seen: [...seen],
  }
}

const requests: readonly (readonly [title: string, body: unknown, status: number, method?: string])[] = [
  ['data', { query: '{ __typename echo(text: "x") }' }, 200],
  ['introspection', { query: getIntrospectionQuery({ oneOf: true }) }, 200],
  ['a syntax error', { query: '{ echo(' }, 400],
  ['a validation error', { query: '{ nothing echo(text: 1) }' }, 400],
  ['an error of a resolver', { query: 'mutation { append(text: "x", fail: true) plain }' }, 200],
  ['a null at the root', { query: 'mutation { must(text: "x", fail: true) plain }' }, 200],
  ['variables', { query: 'query ($t: String) { echo(text: $t) }', variables: { t: 'x' } }, 200],
  [
    'a variable of the wrong type',
    { query: 'query ($n: Int!) { needs(number: $n) }', variables: { n: 'x' } },
    400,
  ],
  ['a missing variable', { query: 'query ($n: Int!) { needs(number: $n) }' }, 400],
  ['the named operation', { query: 'query A { number } query B { echo }', operationName: 'B' }, 200],
  ['an unknown operation', { query: 'query A { number }', operationName: 'B' }, 400],
  ['an ambiguous operation', { query: 'query A { number } query B { number }' }, 400],
  ['a query by GET', { query: '{ echo }' }, 200, 'GET'],
  ['a mutation by GET', { query: 'mutation { append(text: "x") }' }, 405, 'GET'],
]

beforeAll(async () => {
  await Promise.all([plain, ...Object.values(servers)].map((server) => server.start()))
})
afterAll(async () => {
  await Promise.all([plain, ...Object.values(servers)].map((server) => server.stop()))
})

describe.each(['planned', 'graphql-js'] as const)('Apollo Server with the gateway, executor %s', (kind) => {
  it.each(requests.map(([title, ...rest]) => [title, rest] as const))(
    'answers %s as it does without',
    async (_title, [body, status, method]) => {
      const expected = await post(plain, body, method)
      expect(expected.status).toBe(status)
      expect(await post(servers[kind], body, method)).toEqual(expected)
      expect(await post(servers[kind], body, method)).toEqual(expected)
    },
  )

  it('refuses a subscription, which Apollo Server would run as a query', async () => {
    const { status, body } = await post(servers[kind], { query: 'subscription { ticks }' })
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({
      errors: [{ message: 'Subscriptions are not served here.', extensions: { code: 'BAD_USER_INPUT' } }],
    })
  })

  it('answers executeOperation', async () => {
    const contextValue: TraceContext = { trace: [] }
    const { body } = await servers[kind].executeOperation(
      { query: 'query ($t: String) { echo(text: $t) }', variables: { t: 'x' } },
      { contextValue },
    )
    expect(body.kind === 'single' && body.singleResult.errors).toBeUndefined()
    expect(contextValue.trace).toHaveLength(1)
  })
})
