import { addAbortSignal, type Readable } from 'node:stream'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

import { GatewayError } from '../../errors.ts'
import { writeNewFile } from './write-new-file.ts'

/** Standard input or output, in the place of a file. */
export const standardStream = '-'

type Bytes = AsyncIterable<Uint8Array>

/**
 * Reads a file, passes its bytes through `change`, and writes what comes out: to a new file, whose name appears when all of
 * it is written, or to standard output as it comes.
 *
 * @returns bytes read and written.
 * @throws an `AbortError` when Ctrl-C or SIGTERM ends it.
 */
export async function copyFile(
  input: string,
  output: string,
  change: (source: Bytes) => AsyncIterable<Buffer>,
): Promise<{ readonly read: number; readonly written: number }> {
  const abort = new AbortController()
  const stop = (): void => {
    abort.abort()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  let [read, written] = [0, 0]
  const source = countBytes(readFile(input, abort.signal), (length) => (read += length))
  const changed = countBytes(change(source), (length) => (written += length))
  try {
    if (output === standardStream) {
      await pipeline(changed, process.stdout, { end: false, signal: abort.signal })
    } else await writeNewFile(output, changed)
    return { read, written }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

async function* readFile(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stream: Readable =
    path === standardStream ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 })
  try {
    yield* addAbortSignal(signal, stream) as Bytes
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall === undefined) throw error
    throw new GatewayError('CONFIGURATION_INVALID', { message: `${path} could not be read (${code}).` })
  }
}

async function* countBytes<Part extends Uint8Array>(
  source: AsyncIterable<Part>,
  count: (length: number) => void,
): AsyncGenerator<Part> {
  for await (const part of source) {
    count(part.length)
    yield part
  }
}
