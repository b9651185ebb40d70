import { GatewayError } from '../../errors.ts'

/** One line of the report. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'failure'
  readonly detail: string
  /** What to do; absent where all is well. */
  readonly fix?: string
}

export const ok = (check: string, detail: string): Finding => ({ check, state: 'ok', detail })

export const warning = (check: string, detail: string, fix: string): Finding => ({
  check,
  state: 'warning',
  detail,
  fix,
})

export const failure = (check: string, detail: string, fix: string): Finding => ({
  check,
  state: 'failure',
  detail,
  fix,
})

/** What an error may tell: our own messages hold no secrets, those of libraries might. */
export function describeFailure(error: unknown): string {
  if (error instanceof GatewayError) return error.message.trim()
  return error instanceof Error ? error.name : typeof error
}
