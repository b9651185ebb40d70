import { stored } from '../directives/policies.ts'

export interface Order {
  /** Stored path. */
  readonly path: string
  readonly direction: 'ASC' | 'DESC'
}

/** Where a page begins: behind a document, known by its id and its value at the order's path. */
export interface Anchor {
  readonly id: string
  readonly value: unknown
}

type Filter = Record<string, unknown>

export function sortOf(order: Order | undefined): Record<string, 1 | -1> {
  if (order === undefined || order.path === stored.id)
    return { [stored.id]: order?.direction === 'DESC' ? -1 : 1 }
  const direction = order.direction === 'DESC' ? -1 : 1
  return { [order.path]: direction, [stored.id]: direction }
}

/** The documents behind an anchor in an order; null comes before every value, as MongoDB sorts. */
export function behind(order: Order | undefined, anchor: Anchor): Filter {
  const operator = order?.direction === 'DESC' ? '$lt' : '$gt'
  const later = { [stored.id]: { [operator]: anchor.id } }
  if (order === undefined || order.path === stored.id) return later
  const { path, direction } = order
  if (anchor.value === null || anchor.value === undefined) {
    const sameAndLater = { $and: [{ [path]: { $eq: null } }, later] }
    return direction === 'DESC' ? sameAndLater : { $or: [{ [path]: { $ne: null } }, sameAndLater] }
  }
  const sameAndLater = { $and: [{ [path]: { $eq: anchor.value } }, later] }
  const beyond = { [path]: { [operator]: anchor.value } }
  return { $or: [beyond, sameAndLater, ...(direction === 'DESC' ? [{ [path]: { $eq: null } }] : [])] }
}
