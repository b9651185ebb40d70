import { styleText } from 'node:util'

import { printable } from '../printable.ts'
import { renderTable } from '../table.ts'
import type { SealedBytes, SealedPath, StoredPath } from './describe-stored.ts'

/** The paths as a table for people. @param showBytes - stored bytes too, as base64 */
export function printStored(paths: readonly StoredPath[], showBytes: boolean): string {
  const rows = paths.flatMap((path): string[][] => {
    if (path.kind === 'plain') return [[path.path, 'plain', printable(path.value)]]
    if (path.kind === 'undeclared') {
      return [[path.path, styleText('yellow', 'plain'), `${printable(path.value)}  (not in the schema)`]]
    }
    if (path.kind === 'exposed') {
      return [
        [path.path, styleText('red', 'NOT SEALED'), 'the schema protects this path; its value is not shown'],
      ]
    }
    return [
      [path.path, styleText('green', path.kind), describeParts(path.sealed)],
      ...bytesOf(path.sealed, showBytes),
    ]
  })
  return renderTable(['stored path', 'state', 'value, or what its header says'], rows)
}

function describeParts({ ciphertext, masks, terms }: SealedPath): string {
  const styles = Object.entries(masks).map(([style, mask]) => `${style} (${describeHeader(mask)})`)
  const slots = Object.keys(terms)
  return [
    describeHeader(ciphertext),
    ...(styles.length > 0 ? [`masks ${styles.join(', ')}`] : []),
    ...(slots.length > 0 ? [`terms ${slots.join(', ')}`] : []),
  ].join(' · ')
}

function describeHeader({ header, bytes }: SealedBytes): string {
  if (header === undefined) return `${bytes} bytes in no known format`
  return `v${header.version} ${header.suite}, key ${header.keyId.slice(0, 8)}, ${bytes} bytes`
}

function bytesOf({ ciphertext, masks, terms }: SealedPath, show: boolean): string[][] {
  if (!show) return []
  const rows = [
    ['ciphertext', ciphertext.base64],
    ...Object.entries(masks).map(([style, mask]) => [style, mask.base64]),
    ...Object.entries(terms),
  ]
  return rows.map(([name = '', base64 = '']) => ['', styleText('dim', name), styleText('dim', base64)])
}
