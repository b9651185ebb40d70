import { readFileSync } from 'node:fs'

import type { JWK } from 'jose'

import { GatewayError } from '../../errors.ts'
import { erasureOf } from '../../rotation/erasure/erasure-tools.ts'
import { keyOfReceipt, type ReceiptKey, verifyReceipt } from '../../rotation/erasure/receipt-key.ts'
import type { EraseOptions } from '../erase.ts'
import { type OpenKeys, withKeys } from '../keys/open-keys.ts'

/** Verifies a receipt, by a public key alone or by the installation's, and prints what it says. */
export async function verify(file: string | undefined, options: EraseOptions): Promise<void> {
  if (file === undefined) throw refused('Name the file of the receipt.')
  const text = readText(file).trim()
  const key =
    options.key === undefined
      ? await withKeys(options, (keys) => receiptKeyOf(keys).publicKey(keyOfReceipt(text)))
      : readKey(options.key)
  const statement = await verifyReceipt(text, key)
  const { json } = options
  process.stdout.write(`${JSON.stringify(statement, null, json === true ? undefined : 2)}\n`)
}

/** Prints the public key that verifies what is signed from now on. */
export async function printKey(options: EraseOptions): Promise<void> {
  const key = await withKeys(options, (keys) => receiptKeyOf(keys).publicKey())
  process.stdout.write(`${JSON.stringify(key, null, options.json === true ? undefined : 2)}\n`)
}

function receiptKeyOf({ tools }: OpenKeys): ReceiptKey {
  const { receiptKey } = erasureOf(tools)
  if (receiptKey !== undefined) return receiptKey
  throw refused('Receipts are signed under a key of the audit log, and SEALGATE_AUDIT is off.')
}

function readKey(file: string): JWK {
  try {
    return JSON.parse(readText(file)) as JWK
  } catch (error) {
    if (error instanceof GatewayError) throw error
    throw refused(`${file} is no JSON Web Key.`)
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw refused(`The file ${file} cannot be read.`)
  }
}

function refused(message: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message })
}
