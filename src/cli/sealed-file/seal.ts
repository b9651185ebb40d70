import { encryptStream } from '../../crypto/stream/encrypt-stream.ts'
import type { SealOptions } from '../seal.ts'
import { copyFile, standardStream } from './copy-file.ts'
import { withFileKeys } from './file-keys.ts'
import { printOutcome } from './print-outcome.ts'
import { sealedSuffix } from './sealed-suffix.ts'

export async function seal(file: string, options: SealOptions): Promise<void> {
  const out = options.out ?? (file === standardStream ? standardStream : `${file}${sealedSuffix}`)
  const compression = options.compress === true ? 'GZIP' : 'NONE'
  const sizes = await withFileKeys(options, true, (keys) =>
    copyFile(file, out, (source) => encryptStream(source, { ...keys, compression })),
  )
  printOutcome('sealed', { file, out, ...sizes }, options.json)
}
