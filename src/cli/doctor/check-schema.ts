import { isProtected, isStoredSealed, type Policies } from '../../directives/policies.ts'
import { readSchema } from '../read-schema.ts'
import { describeFailure, failure, type Finding, ok } from './finding.ts'

export function checkSchema(folder: string): {
  readonly finding: Finding
  readonly policies: Policies | undefined
} {
  try {
    const { policies } = readSchema(folder)
    const types = [...policies.models.values(), ...policies.embedded.values()]
    const fields = types.flatMap((type) => type.fields)
    const sealed = fields.filter(isStoredSealed).length
    const detail = `${policies.models.size} models, ${fields.length} fields, ${sealed} stored sealed, ${fields.filter(isProtected).length} protected (${folder})`
    return { finding: ok('Schema', detail), policies }
  } catch (error) {
    return { finding: failure('Schema', describeFailure(error), 'correct the schema.'), policies: undefined }
  }
}
