import { readFileSync } from 'node:fs'

/** The content of a file in `test/vectors`, of the shape its README states. */
export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))
}
