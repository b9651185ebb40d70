import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { GatewayError } from '../../errors.ts'
import { type Gateway, graphqlPath } from '../../server/create-gateway.ts'
import type { Example } from './example.ts'

/** Ids of example documents by their names. */
export type ExampleIds = Readonly<Record<string, string>>

/** The ids that an earlier start wrote down; undefined when there are no example documents yet. */
export function readExampleIds(dataFolder: string): ExampleIds | undefined {
  const file = idsFile(dataFolder)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ExampleIds) : undefined
}

/**
 * Creates the example documents through the gateway's own API, as any client would, if its database is empty.
 * @param token - of a viewer who may create them
 */
export async function seedExample(
  gateway: Gateway,
  example: Example,
  token: string,
  dataFolder: string,
): Promise<ExampleIds> {
  const ids: Record<string, string> = {}
  const models = [...gateway.policies.models.keys()]
  const empty = await Promise.all(models.map((model) => gateway.storage.isEmpty(model)))
  if (!empty.every(Boolean)) return ids
  for (const { as, mutation, type, input } of example.documents) {
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
    if (id === undefined) {
      const message = `The example document for ${mutation} was refused: ${errors?.[0]?.message ?? 'no answer'}`
      throw new GatewayError('CONFIGURATION_INVALID', { message })
    }
    if (as !== undefined) ids[as] = id
  }
  writeFileSync(idsFile(dataFolder), JSON.stringify(ids, null, 2), { mode: 0o600 })
  return ids
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
