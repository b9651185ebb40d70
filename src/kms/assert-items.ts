import type { KekStatus, UnwrapItem, WrapItem } from '../crypto/key-provider.ts'

/** Length of every data key. */
export const dataKeyLength = 32

/** @throws TypeError when a caller breaks the port's contract: a key of another length, or an empty context. */
export function assertWrapItems(items: readonly WrapItem[]): void {
  for (const { context, key } of items) {
    if (key.length !== dataKeyLength) throw new TypeError(`A data key has ${dataKeyLength} bytes.`)
    assertContext(context)
  }
}

/** @throws TypeError when a context is empty; stored bytes of any shape are an outcome, not an error. */
export function assertUnwrapItems(items: readonly UnwrapItem[]): void {
  for (const { context } of items) assertContext(context)
}

/** @throws TypeError when a trim would leave no version of a KEK, or its limit is no version. */
export function assertOldest(oldest: number, { newest }: KekStatus): void {
  if (Number.isInteger(oldest) && oldest >= 1 && oldest <= newest) return
  throw new TypeError('A trim leaves the newest version of a KEK at least.')
}

function assertContext(context: Buffer): void {
  if (context.length === 0) throw new TypeError('A wrapped key is bound to a context of at least one byte.')
}
