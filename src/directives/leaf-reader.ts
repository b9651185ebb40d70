import type { GraphQLFieldResolver } from 'graphql'

/**
 * A resolver that takes neither arguments nor `info` and never gives a promise, so that an executor may call it with the
 * source and the context alone.
 */
export type LeafReader = (source: never, args: Readonly<Record<string, never>>, context: never) => unknown

const readers = new WeakSet<object>()

/** Marks a resolver as a reader. It stays a resolver for everyone who does not know of readers. */
export function leafReader<Reader extends LeafReader>(reader: Reader): Reader {
  readers.add(reader)
  return reader
}

export function isLeafReader(resolve: GraphQLFieldResolver<never, never> | undefined): boolean {
  return resolve !== undefined && readers.has(resolve)
}
