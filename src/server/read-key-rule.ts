import type { RuleExpression } from '../directives/policies.ts'
import { GatewayError } from '../errors.ts'
import { findRule } from '../permissions/rules.ts'

/**
 * The rule in front of the part of the API about keys; undefined where there shall be none.
 *
 * @throws CONFIGURATION_INVALID for a rule that there is not, that looks at a row, or that holds for whoever asks
 */
export function readKeyRule(name: string): RuleExpression | undefined {
  if (name === 'off') return undefined
  const open = name === 'everyone' || name === 'authenticated'
  if (!open && findRule(name)?.kind === 'viewer') return { kind: 'rule', name }
  throw new GatewayError('CONFIGURATION_INVALID', {
    message: `The API for keys needs a rule such as role:ADMIN or scope:keys, or off; ${name} is none.`,
  })
}
