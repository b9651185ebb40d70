import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SchemaFolder {
  readonly folder: string
  readonly remove: () => void
}

/** A folder that holds one file of SDL. */
export function createSchemaFolder(sdl: string): SchemaFolder {
  const folder = mkdtempSync(join(tmpdir(), 'sealgate-schema-'))
  writeFileSync(join(folder, 'schema.graphql'), sdl)
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
