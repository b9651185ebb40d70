import type { Viewer } from '../auth/viewer.ts'

/** A rule that looks at the viewer alone. */
interface ViewerRule {
  readonly kind: 'viewer'
  readonly holds: (viewer: Viewer) => boolean
}

/**
 * A rule that looks at a row. `holds` is its synchronous form; in the database it is the predicate that the document's
 * subject equals the viewer's.
 */
interface OwnerRule {
  readonly kind: 'owner'
}

export type Rule = ViewerRule | OwnerRule

/** How rule names look, for messages that list them. */
export const ruleForms = ['owner', 'authenticated', 'everyone', 'role:NAME', 'scope:NAME'] as const

/** The rule of a name; undefined when no rule bears it. */
export function findRule(name: string): Rule | undefined {
  if (name === 'owner') return { kind: 'owner' }
  if (name === 'authenticated') return { kind: 'viewer', holds: (viewer) => viewer.kind !== 'anonymous' }
  if (name === 'everyone') return { kind: 'viewer', holds: () => true }
  const named = /^(role|scope):(.+)$/.exec(name)
  const value = named?.[2]
  if (value === undefined) return undefined
  return named?.[1] === 'role'
    ? { kind: 'viewer', holds: (viewer) => viewer.roles.has(value) }
    : { kind: 'viewer', holds: (viewer) => viewer.scopes.has(value) }
}

export function isRule(name: string): boolean {
  return findRule(name) !== undefined
}
