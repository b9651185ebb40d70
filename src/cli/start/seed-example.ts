import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { GatewayError } from '../../errors.ts'
import { type Gateway, graphqlPath } from '../../server/create-gateway.ts'
import type { Example, ExampleDocument } from './example.ts'

/** Ids of example documents by their names. */
export type ExampleIds = Readonly<Record<string, string>>

/** `made` by this start, `kept` from an earlier one, `none` where the schema's folder has no example documents. */
export type ExampleState = 'made' | 'kept' | 'none'

/**
 * Creates the example documents through the gateway's own API, as any client would, if its database is empty. Their ids
 * are written down, so that the tokens of later starts name the same owners.
 * @param token - of a viewer who may create them
 */
export async function prepareExample(
  gateway: Gateway,
  example: Example,
  token: string | undefined,
  dataFolder: string,
): Promise<{ readonly ids: ExampleIds; readonly state: ExampleState }> {
  if (token === undefined || example.documents.length === 0) return { ids: {}, state: 'none' }
  const models = [...gateway.policies.models.keys()]
  const empty = await Promise.all(models.map((model) => gateway.storage.isEmpty(model)))
  if (!empty.every(Boolean)) return { ids: readExampleIds(dataFolder), state: 'kept' }
  const ids: Record<string, string> = {}
  for (const document of example.documents) {
    const id = await createDocument(gateway, document, ids, token)
    if (document.as === undefined) continue
    ids[document.as] = id
    writeFileSync(idsFile(dataFolder), JSON.stringify(ids, null, 2), { mode: 0o600 })
  }
  return { ids, state: 'made' }
}

async function createDocument(
  gateway: Gateway,
  { mutation, type, input }: ExampleDocument,
  ids: ExampleIds,
  token: string,
): Promise<string> {
  const query = `mutation Seed($input: ${type}!) { created: ${mutation}(input: $input) { id } }`
  const response = await gateway.app.inject({
    method: 'POST',
    url: graphqlPath,
    headers: { authorization: `Bearer ${token}` },
    payload: { query, variables: { input: resolveReferences(input, ids) } },
  })
  const { data, errors } = response.json<{
    data?: { created?: { id: string } }
    errors?: { message: string }[]
  }>()
  const id = data?.created?.id
  if (id !== undefined) return id
  const message = `The example document for ${mutation} was refused: ${errors?.[0]?.message ?? 'no answer'}`
  throw new GatewayError('CONFIGURATION_INVALID', { message })
}

function readExampleIds(dataFolder: string): ExampleIds {
  const file = idsFile(dataFolder)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ExampleIds) : {}
}

function resolveReferences(value: unknown, ids: ExampleIds): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, ids))
  if (typeof value !== 'object' || value === null) return value
  const { ref } = value as { ref?: unknown }
  if (typeof ref === 'string') return ids[ref]
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolveReferences(inner, ids)]))
}

function idsFile(dataFolder: string): string {
  return join(dataFolder, 'example-ids.json')
}
