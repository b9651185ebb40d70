import type { AnchorTarget } from './anchor.ts'
import { FileLines } from './file-lines.ts'
import { printLine } from './line.ts'

/** Anchors as lines of a file, which should lie where those who may write to the database may not. */
export function createAnchorFile(path: string): AnchorTarget {
  const file = new FileLines(path)
  return {
    name: 'file',
    put: (anchor) => file.append([printLine({ kind: 'anchor', ...anchor })]),
  }
}
