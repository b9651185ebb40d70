import { refuse } from '../command-error.ts'
import type { Update } from '../update/update.ts'

export function compileUpdatePipeline(_stages: readonly unknown[]): Update {
  throw refuse('updates by pipeline')
}
