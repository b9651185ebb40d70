import { Source } from 'graphql'

import { parseSchema } from '../../src/directives/load-schema.ts'
import type { Policies } from '../../src/directives/policies.ts'
import { readPolicies } from '../../src/directives/read-policies.ts'
import { isRule, ruleForms } from '../../src/permissions/rules.ts'

/** The policies of SDL in memory. @throws SCHEMA_INVALID as a start would */
export function readTestPolicies(sdl: string): Policies {
  return readPolicies(parseSchema([new Source(sdl, 'test.graphql')]), { isRule, names: ruleForms })
}
