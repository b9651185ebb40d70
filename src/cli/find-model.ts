import type { ModelPolicy, Policies } from '../directives/policies.ts'
import { GatewayError } from '../errors.ts'

/** @throws CONFIGURATION_INVALID that names the models there are */
export function findModel(policies: Policies, name: string): ModelPolicy {
  const model = policies.models.get(name)
  if (model !== undefined) return model
  const reason = policies.embedded.has(name)
    ? 'is stored inside other documents'
    : 'is not a type of the schema'
  throw new GatewayError('CONFIGURATION_INVALID', {
    message: `${name} ${reason}. The models are: ${[...policies.models.keys()].join(', ')}.`,
  })
}
