import type { DocumentNode } from 'graphql'

import { loadSchema } from '../directives/load-schema.ts'
import type { Policies } from '../directives/policies.ts'
import { readPolicies } from '../directives/read-policies.ts'
import { isRule, ruleForms } from '../permissions/rules.ts'

/** @throws SCHEMA_INVALID with every mistake, its place and its fix */
export function readSchema(folder: string): { readonly document: DocumentNode; readonly policies: Policies } {
  const document = loadSchema(folder)
  return { document, policies: readPolicies(document, { isRule, names: ruleForms }) }
}
