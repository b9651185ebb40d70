import { framesOf, GatewayError } from '../errors.ts'

/** What a log may hold of an error: its name, code and where it arose. Messages of libraries quote values, so none is kept. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error }
  const frames = framesOf(error)
  if (error instanceof GatewayError) {
    const { code, coordinate, inputPath, cause } = error
    return {
      code,
      coordinate,
      inputPath,
      cause: typeof cause === 'string' ? cause : undefined,
      frames: frames.slice(0, 3),
    }
  }
  return { error: error.name, frames: frames.slice(0, 8) }
}
