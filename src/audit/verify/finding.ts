/** Ways in which a stored log can be other than it was written. */
export const findingKinds = {
  edited: 'is not what was written',
  deleted: 'is gone',
  inserted: 'was never written by this chain',
  reordered: 'stands in the place of another',
  truncated: 'is gone from the end',
  rewritten: 'is not the one that was anchored',
  unproven: 'cannot be proved: the record before it is not the one that it was chained to',
  'missing chain': 'is gone, with all of its records',
  'missing opening': 'has records, but no entry in the registry',
  'edited opening': 'has an entry in the registry that is not what was written',
  'edited closing': 'has an end in the registry that is not what was written',
  'missing key': 'cannot be checked: there is no such key',
  'edited anchor': 'is not what was written',
} as const

export type FindingKind = keyof typeof findingKinds

/** One thing that is wrong, and where. */
export interface Finding {
  readonly kind: FindingKind
  readonly chain: string
  /** Records from this sequence … */
  readonly from?: number
  /** … up to this one. */
  readonly to?: number
  /** Where it stands, or what more is known. */
  readonly detail?: string
}
