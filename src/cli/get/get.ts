import { styleText } from 'node:util'

import { createAuthenticator } from '../../auth/authenticate.ts'
import { type Config, loadConfig } from '../../config/load-config.ts'
import type { ModelPolicy } from '../../directives/policies.ts'
import { type ErrorCode, errorCodes, GatewayError } from '../../errors.ts'
import { createDecider } from '../../permissions/decide.ts'
import { apiNames } from '../../resolvers/api-names.ts'
import { createGateway, type Gateway, graphqlPath } from '../../server/create-gateway.ts'
import { findModel } from '../find-model.ts'
import { prepareGatewayOptions } from '../gateway-options.ts'
import type { GetOptions } from '../get.ts'
import { openDatabase } from '../open-database.ts'
import { printable } from '../printable.ts'
import { renderTable } from '../table.ts'
import { mintDevelopmentToken } from '../token/mint-development-token.ts'
import { type Answer, type AnswerError, describeAnswer, type SeenField } from './describe-answer.ts'
import { selectFields } from './select-fields.ts'

const minute = 60

export async function get(type: string, id: string, options: GetOptions): Promise<void> {
  const config = loadConfig(options)
  const token = options.token ?? (await mintDevelopmentToken(config, options, minute))
  const fields = await runQuery(config, type, id, token)
  process.stdout.write(
    options.json === true ? `${JSON.stringify({ type, id, fields })}\n` : `\n${printFields(fields)}\n\n`,
  )
}

async function runQuery(
  config: Config,
  type: string,
  id: string,
  token: string,
): Promise<readonly SeenField[]> {
  const database = await openDatabase(config)
  try {
    const { options } = await prepareGatewayOptions(config, database.uri)
    const viewer = await createAuthenticator(options.authentication).authenticate(`Bearer ${token}`)
    const log = { level: 'silent' } as const
    const gateway = await createGateway({ ...options, explorer: 'off', keySchedule: 'off', log })
    try {
      const model = findModel(gateway.policies, type)
      const answer = await ask(gateway, model, id, token)
      const { get: root } = apiNames(model)
      const decisions = createDecider(gateway.policies)(viewer)
      return describeAnswer(model, root, { ...answer, decisions, policies: gateway.policies })
    } finally {
      await gateway.close()
    }
  } finally {
    await database.close()
  }
}

/** @throws NOT_FOUND, or the error that the viewer got in the place of a document */
async function ask(
  gateway: Gateway,
  model: ModelPolicy,
  id: string,
  token: string,
): Promise<Pick<Answer, 'data' | 'errors' | 'standIns'>> {
  if (!model.operations.has('GET')) {
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: `The schema gives ${model.name} no operation GET, so nobody can get one.`,
    })
  }
  const { get: root } = apiNames(model)
  const response = await gateway.app.inject({
    method: 'POST',
    url: graphqlPath,
    headers: { authorization: `Bearer ${token}` },
    payload: {
      query: `query ($id: ID!) { ${root}(id: $id) ${selectFields(model, gateway.policies)} }`,
      variables: { id },
    },
  })
  const {
    data,
    errors = [],
    extensions,
  } = response.json<{
    data?: Record<string, unknown> | null
    errors?: (AnswerError & { readonly message: string })[]
    extensions?: { readonly unavailable?: Answer['standIns'] }
  }>()
  const failure = errors.find(({ path }) => path === undefined || path.length < 2)
  if (failure !== undefined) {
    const code = String(failure.extensions?.code)
    throw new GatewayError(code in errorCodes ? (code as ErrorCode) : 'INTERNAL_SERVER_ERROR', {
      message: failure.message,
    })
  }
  if (errors.length === 0 && data?.[root] == null) throw new GatewayError('NOT_FOUND')
  return { data: data ?? {}, errors, standIns: extensions?.unavailable ?? [] }
}

const colours = { clear: 'green', masked: 'yellow', hidden: 'red', failed: 'red' } as const

function printFields(fields: readonly SeenField[]): string {
  const rows = fields.map(({ path, state, style, value, code }) => [
    path,
    styleText(colours[state], style === undefined ? state : `${state} ${style}`),
    code ?? printable(value),
  ])
  return renderTable(['field', 'state', 'value, or error'], rows)
}
