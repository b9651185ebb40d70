import type { Role } from '../people/people.ts'

/** What a server process tells when it listens. */
export interface Served {
  readonly url: string
  /** The id of an object to ask for. */
  readonly id: string
  /** Tokens, where the server knows roles. */
  readonly authorization?: Readonly<Record<Role, string>>
}

/** Tells the parent, and ends when the parent does. */
export function serve(served: Served, close: () => Promise<void>): void {
  process.send?.(served)
  process.once('disconnect', () => {
    void close().finally(() => process.exit(0))
  })
}
