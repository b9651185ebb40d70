import { statSync } from 'node:fs'
import { join } from 'node:path'

import type { Config } from '../../config/load-config.ts'
import { failure, type Finding, ok } from './finding.ts'

const privateNames = ['', 'master-key', 'token-signing-key.pem', 'keys', 'database']

/** Whoever can read the data folder can read everything that its keys protect. */
export function checkDataFolder({ dataFolder, database, tokens, gateway }: Config): Finding {
  const used =
    database.kind === 'embedded' || tokens.kind === 'development' || gateway.keys.provider === 'local'
  if (!used) return ok('Data folder', 'not used')
  const modes = privateNames.flatMap((name) => {
    const path = join(dataFolder, name)
    const mode = modeOf(path)
    return mode === undefined ? [] : [{ path, mode }]
  })
  if (modes.length === 0) return ok('Data folder', `${dataFolder} is made at the first start`)
  const open = process.platform === 'win32' ? [] : modes.filter(({ mode }) => (mode & 0o077) !== 0)
  if (open.length === 0) return ok('Data folder', `${dataFolder}, for its owner alone`)
  const paths = open.map(({ path }) => path).join(' ')
  return failure('Data folder', `others may enter or read ${paths}`, `chmod go= ${paths}`)
}

function modeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mode
}
