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

/**
 * The documents behind an anchor in an order, in parts that follow each other: a page takes from the first, and from the
 * next where that ends. Each part is one stretch of an index of the order's path, so that a page costs what it holds; in
 * one filter with `$or` the database would walk from the beginning of equal values. Null comes before every value, as
 * MongoDB sorts.
 */
export function behind(order: Order | undefined, anchor: Anchor): readonly Filter[] {
  const operator = order?.direction === 'DESC' ? '$lt' : '$gt'
  const later = { [stored.id]: { [operator]: anchor.id } }
  if (order === undefined || order.path === stored.id) return [later]
  const { path, direction } = order
  const descending = direction === 'DESC'
  const value = anchor.value ?? null
  const equal = { [path]: { $eq: value }, ...later }
  if (value === null) return descending ? [equal] : [equal, { [path]: { $ne: null } }]
  return [equal, { [path]: { [operator]: value } }, ...(descending ? [{ [path]: { $eq: null } }] : [])]
}
