import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface Flusher {
  /** What the embedded database waits for at each durable write: its pages on disk, then the page that names them. */
  readonly flush: () => void
  readonly close: () => void
}

export function openFlusher(folder: string): Flusher {
  const file = openSync(join(folder, 'flushed'), 'w')
  const page = Buffer.alloc(4096)
  return {
    flush: () => {
      for (const position of [4096, 0]) {
        writeSync(file, page, 0, page.length, position)
        fdatasyncSync(file)
      }
    },
    close: () => {
      closeSync(file)
    },
  }
}
