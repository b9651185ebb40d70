import { CommandError } from '../command-error.ts'
import { isPlainObject } from '../bson/canonical-type.ts'
import { type DocumentStage, documentStages } from './document-stages.ts'

/** Compiles an update given as a pipeline. A stage that loses `_id` keeps it, as with MongoDB. */
export function compileUpdatePipeline(stages: readonly unknown[]): DocumentStage {
  const compiled = stages.map((stage) => {
    const [name = ''] = isPlainObject(stage) ? Object.keys(stage) : []
    const compile = Object.hasOwn(documentStages, name) ? documentStages[name] : undefined
    if (compile === undefined || !isPlainObject(stage)) {
      throw new CommandError('InvalidOptions', `${name} is not allowed to be used within an update`)
    }
    return compile(stage[name])
  })
  return (document) => {
    const after = compiled.reduce((changed, stage) => stage(changed), document)
    const kept = Object.hasOwn(document, '_id') && !Object.hasOwn(after, '_id')
    return kept ? { _id: document._id, ...after } : after
  }
}
