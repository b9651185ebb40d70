import { fileURLToPath } from 'node:url'

import { type DocumentNode, Source } from 'graphql'

import { loadSchema, parseSchema } from '../../src/directives/load-schema.ts'
import type { Policies } from '../../src/directives/policies.ts'
import { readPolicies } from '../../src/directives/read-policies.ts'
import { isRule, ruleForms } from '../../src/permissions/rules.ts'
import { checkApi } from '../../src/resolvers/check-api.ts'

export interface TestSchema {
  readonly document: DocumentNode
  readonly policies: Policies
}

/** Reads SDL in memory. @throws SCHEMA_INVALID as a start would */
export function readTestSchema(sdl: string): TestSchema {
  const document = parseSchema([new Source(sdl, 'test.graphql')])
  const policies = readPolicies(document, { isRule, names: ruleForms })
  checkApi(document, policies)
  return { document, policies }
}

export function readTestPolicies(sdl: string): Policies {
  return readTestSchema(sdl).policies
}

export function readShippedPolicies(): Policies {
  const folder = fileURLToPath(new URL('../../schema', import.meta.url))
  return readPolicies(loadSchema(folder), { isRule, names: ruleForms })
}
