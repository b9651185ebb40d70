import { decryptStream } from '../../crypto/stream/decrypt-stream.ts'
import { GatewayError } from '../../errors.ts'
import type { OpenOptions } from '../open.ts'
import { copyFile, standardStream } from './copy-file.ts'
import { withFileKeys } from './file-keys.ts'
import { printOutcome } from './print-outcome.ts'
import { sealedSuffix } from './sealed-suffix.ts'

export async function open(file: string, options: OpenOptions): Promise<void> {
  const out = options.out ?? nameWithoutSuffix(file)
  const sizes = await withFileKeys(options, false, (keys) =>
    copyFile(file, out, (source) => decryptStream(source, keys)),
  ).catch((error: unknown) => {
    throw error instanceof GatewayError && error.code === 'DECRYPTION_FAILED' ? explain(out) : error
  })
  printOutcome('opened', { file, out, ...sizes }, options.json)
}

function nameWithoutSuffix(file: string): string {
  if (file === standardStream) return standardStream
  if (file.endsWith(sealedSuffix)) return file.slice(0, -sealedSuffix.length)
  throw new GatewayError('CONFIGURATION_INVALID', {
    message: `${file} does not end in ${sealedSuffix}. Say where to by --out.`,
  })
}

/** One message for every cause, as the code has it. */
function explain(out: string): GatewayError {
  const part = out === standardStream ? ['What came out, if anything, is not all of it.'] : []
  const message = [
    'The file did not open: it was changed or cut off, or sealed under another key type, tenant or subject.',
    ...part,
  ]
  return new GatewayError('DECRYPTION_FAILED', { message: message.join('\n') })
}
