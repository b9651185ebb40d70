import type { Config, Overrides } from '../../config/load-config.ts'
import { findProductionRefusals } from '../../config/production-refusals.ts'
import { type Finding, ok, warning } from './finding.ts'

const check = 'Production'

/** What a start with NODE_ENV=production would refuse; in production, what was asked for by name all the same. */
export function checkProduction(config: Config, overrides: Overrides): readonly Finding[] {
  if (config.production) {
    const { gateway, database, tokens } = config
    const named = [
      ...(gateway.keys.provider === 'local' ? ['keys in local files (SEALGATE_KEYS)'] : []),
      ...(database.kind === 'embedded' ? ['the embedded database (SEALGATE_DATABASE)'] : []),
      ...(tokens.kind === 'development' ? ['development tokens (SEALGATE_TOKENS)'] : []),
      ...(gateway.explorer === 'off' ? [] : ['an explorer (SEALGATE_EXPLORER)']),
      ...(gateway.introspection ? ['introspection (SEALGATE_INTROSPECTION)'] : []),
    ]
    if (named.length === 0) return [ok(check, 'nothing that is meant for development')]
    return named.map((what) => warning(check, `uses ${what}, asked for by name`, 'unset the variable.'))
  }
  const refusals = findProductionRefusals(overrides)
  if (refusals.length === 0) return [ok(check, 'would start with NODE_ENV=production')]
  return refusals.map((refusal) =>
    warning(check, refusal, 'until then a start with NODE_ENV=production is refused.'),
  )
}
