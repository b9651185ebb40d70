import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

import { GatewayError } from '../../errors.ts'

/**
 * Makes a folder for this user alone, and those around it where they are missing. Of two processes that name the same, one gets it.
 * @throws CONFIGURATION_INVALID when it is there
 */
export async function createFolder(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 })
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: `${folder} is there already: name a new folder.`,
    })
  }
}
