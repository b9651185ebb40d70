/** As graphql-js has it, whatever has a `then` method; told quickly for strings, numbers and Booleans. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  const isObjectLike = typeof value === 'object' ? value !== null : typeof value === 'function'
  return isObjectLike && typeof (value as { then?: unknown }).then === 'function'
}
