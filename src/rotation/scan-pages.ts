export interface PageScan<Item, Result> {
  /** Reads at most `limit` items that follow one, in the order of their names. */
  readonly read: (after: string | undefined, limit: number) => Promise<readonly Item[]>
  readonly nameOf: (item: Item) => string
  /** The last item that is done already. */
  readonly after?: string | undefined
  readonly pageSize: number
  readonly work: (items: readonly Item[]) => Promise<Result>
  /** Called for each page in the order of the items, when it and all before it are done. */
  readonly done: (result: Result, page: { readonly length: number; readonly last: string }) => Promise<void>
}

/** Pages that are worked on at once: while one is read, others are at the key service or being written. */
const parallel = 4

/** Works on everything behind an item, in pages, holding a few pages in memory and no more. */
export async function scanPages<Item, Result>({
  read,
  nameOf,
  after,
  pageSize,
  work,
  done,
}: PageScan<Item, Result>): Promise<void> {
  const pages: { readonly length: number; readonly last: string; readonly result: Promise<Result> }[] = []
  let cursor = after
  let ended = false
  for (;;) {
    while (!ended && pages.length < parallel) {
      const items = await read(cursor, pageSize)
      ended = items.length < pageSize
      const last = items.at(-1)
      if (last === undefined) break
      cursor = nameOf(last)
      const result = work(items)
      // It is awaited below, perhaps after another page has failed.
      result.catch(() => undefined)
      pages.push({ length: items.length, last: cursor, result })
    }
    const page = pages.shift()
    if (page === undefined) return
    await done(await page.result, page)
  }
}
