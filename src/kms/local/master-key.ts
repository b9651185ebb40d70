import { randomFillSync } from 'node:crypto'
import { dirname } from 'node:path'
import { GatewayError } from '../../errors.ts'
import { createFileOnce, createPrivateFolder, readPrivateFile, syncFolder } from './durable-file.ts'
import type { MasterKeySource } from './options.ts'

const minimumLength = 32
const maximumLength = 1024

/**
 * @param keysExist whether anything is sealed already: then a missing master key is a loss, and no new one is made.
 * @returns the master key in memory of its own; the caller zeroes it.
 * @throws GatewayError `CONFIGURATION_INVALID` when there is none or it is too short, `KEYS_MISMATCH` when it was lost.
 */
export async function readMasterKey(
  source: MasterKeySource,
  keysExist: () => Promise<boolean>,
): Promise<Buffer> {
  const key = 'value' in source ? copyKey(source.value) : await readKeyFile(source, keysExist)
  if (key.length >= minimumLength && key.length <= maximumLength) return key
  key.fill(0)
  throw new GatewayError('CONFIGURATION_INVALID', {
    message: `The master key must have ${minimumLength} to ${maximumLength} bytes.`,
  })
}

function copyKey(value: Buffer | string): Buffer {
  if (typeof value !== 'string') {
    const copy = Buffer.allocUnsafeSlow(value.length)
    value.copy(copy)
    return copy
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value)) {
    throw new GatewayError('CONFIGURATION_INVALID', { message: 'The master key must be base64.' })
  }
  const decoded = Buffer.allocUnsafeSlow(Buffer.byteLength(value, 'base64'))
  return decoded.subarray(0, decoded.write(value, 'base64'))
}

async function readKeyFile(
  { file, generate }: { readonly file: string; readonly generate: boolean },
  keysExist: () => Promise<boolean>,
): Promise<Buffer> {
  const found = await readPrivateFile(file, maximumLength)
  if (found !== undefined) return found
  if (!generate) {
    throw new GatewayError('CONFIGURATION_INVALID', { message: `There is no master key file ${file}.` })
  }
  // A process that starts beside this one makes its master key first and seals second: if something is sealed by now,
  // then its master key is there as well, or it is lost.
  if (!(await keysExist())) {
    await createPrivateFolder(dirname(file))
    const fresh = randomFillSync(Buffer.allocUnsafeSlow(minimumLength))
    await createFileOnce(file, fresh)
    fresh.fill(0)
    await syncFolder(dirname(file))
  }
  const stored = await readPrivateFile(file, maximumLength)
  if (stored !== undefined) return stored
  throw new GatewayError('KEYS_MISMATCH', {
    message: `The master key file ${file} is gone, but keys sealed under it exist: restore it.`,
  })
}
