import type { KeyOutcome, UnwrapItem, WrapItem } from '../../crypto/key-provider.ts'
import { dataKeyLength } from '../assert-items.ts'
import { base64Length, decodeBase64, encodeBase64 } from './base64.ts'
import { JsonScanner, MalformedJson } from './json-scanner.ts'

/**
 * What Vault says of an item that this KEK and context cannot open: a failed authentication, a ciphertext without form,
 * a version that the key does not have. Any other error, such as a version disabled by policy, says nothing of the item.
 */
const invalidErrors = ['cipher: message authentication failed', 'invalid ciphertext'].map((text) =>
  Buffer.from(text, 'latin1'),
)

/**
 * A key wrapped by AES-256-GCM in Vault: `vault:v`, the KEK version, `:`, base64 of nonce, 32 bytes and tag.
 * Nothing else is sent to Vault, written into JSON, or stored.
 */
export function isWrappedKey(bytes: Buffer): boolean {
  return bytes.length <= 100 && /^vault:v[1-9][0-9]{0,8}:[A-Za-z0-9+/]{80}$/.test(bytes.toString('latin1'))
}

/** The KEK version in the form of a wrapped key; undefined when it has not that form. */
export function wrappedVersion(bytes: Buffer): number | undefined {
  return isWrappedKey(bytes) ? parseInt(bytes.toString('latin1', 'vault:v'.length), 10) : undefined
}

/** The body of a batch of `encrypt`. It holds the keys: whoever sends it zeroes it. */
export function encodeEncryptBatch(items: readonly WrapItem[]): Buffer {
  return encodeBatch('{"batch_input":[', 'plaintext', items, {
    lengthOf: ({ key }) => base64Length(key.length),
    write: ({ key }, target, at) => encodeBase64(key, target, at),
  })
}

/** The body of a batch of `decrypt`, in which items that fail are answered beside those that do not. */
export function encodeDecryptBatch(items: readonly UnwrapItem[]): Buffer {
  return encodeBatch(
    '{"partial_failure_response_code":200,"batch_input":[',
    'ciphertext',
    items,
    wrappedField,
  )
}

/** The body of a batch of `rewrap`, which Vault always answers by 200 with an outcome for each item. */
export function encodeRewrapBatch(items: readonly UnwrapItem[]): Buffer {
  return encodeBatch('{"batch_input":[', 'ciphertext', items, wrappedField)
}

/** @throws MalformedJson when the answer is not one of `count` items in their order. */
export function decodeEncryptBatch(answer: Buffer, count: number): KeyOutcome[] {
  return decodeBatch(answer, 'ciphertext', count, (ciphertext) => {
    if (!isWrappedKey(ciphertext)) throw new MalformedJson()
    return Buffer.from(ciphertext)
  })
}

/** @throws MalformedJson when the answer is not one of `count` items in their order; then no key is left in memory. */
export function decodeDecryptBatch(answer: Buffer, count: number): KeyOutcome[] {
  const keys: Buffer[] = []
  try {
    return decodeBatch(answer, 'plaintext', count, (plaintext) => {
      const key = Buffer.allocUnsafeSlow(dataKeyLength)
      keys.push(key)
      if (!decodeBase64(plaintext, key)) throw new MalformedJson()
      return key
    })
  } catch (error) {
    for (const key of keys) key.fill(0)
    throw error
  }
}

/** An upper bound for the answer to a batch: no item is longer than one with an error of Vault's. */
export function maximumAnswerLength(count: number): number {
  return 8_192 + count * 512
}

interface BatchField<Item> {
  lengthOf(item: Item): number
  write(item: Item, target: Buffer, at: number): number
}

const wrappedField: BatchField<UnwrapItem> = {
  lengthOf: ({ wrapped }) => wrapped.length,
  write: ({ wrapped }, target, at) => at + wrapped.copy(target, at),
}

/** Every item carries its index as `reference`, which Vault repeats, so that the order of an answer can be checked. */
function encodeBatch<Item extends { readonly context: Buffer }>(
  opening: string,
  fieldName: string,
  items: readonly Item[],
  field: BatchField<Item>,
): Buffer {
  const frames = items.map((_, index) => `${index === 0 ? '' : ','}{"reference":"${index}","context":"`)
  const middle = `","${fieldName}":"`
  const length = items.reduce(
    (sum, item, index) =>
      sum +
      (frames[index]?.length ?? 0) +
      base64Length(item.context.length) +
      middle.length +
      field.lengthOf(item) +
      2,
    opening.length + 2,
  )
  const body = Buffer.allocUnsafeSlow(length)
  let at = body.write(opening, 'latin1')
  for (const [index, item] of items.entries()) {
    at += body.write(frames[index] ?? '', at, 'latin1')
    at = encodeBase64(item.context, body, at)
    at += body.write(middle, at, 'latin1')
    at = field.write(item, body, at)
    at += body.write('"}', at, 'latin1')
  }
  body.write(']}', at, 'latin1')
  return body
}

function decodeBatch(
  answer: Buffer,
  fieldName: string,
  count: number,
  decode: (value: Buffer) => Buffer,
): KeyOutcome[] {
  let outcomes: KeyOutcome[] | undefined
  const scanner = new JsonScanner(answer)
  scanner.readObject((name) => {
    if (!is(name, 'data')) scanner.skipValue()
    else
      scanner.readObject((inner) => {
        if (!is(inner, 'batch_results')) scanner.skipValue()
        else if (outcomes === undefined) outcomes = readOutcomes(scanner, fieldName, decode)
        else throw new MalformedJson()
      })
  })
  scanner.end()
  if (outcomes?.length !== count) throw new MalformedJson()
  return outcomes
}

function readOutcomes(
  scanner: JsonScanner,
  fieldName: string,
  decode: (value: Buffer) => Buffer,
): KeyOutcome[] {
  const outcomes: KeyOutcome[] = []
  scanner.readArray(() => {
    const fields = new Map<string, Buffer>()
    scanner.readObject((name) => {
      const known = ['reference', 'error', fieldName].find((text) => is(name, text))
      if (known === undefined) scanner.skipValue()
      else if (fields.has(known)) throw new MalformedJson()
      else fields.set(known, scanner.readString())
    })
    const reference = fields.get('reference')
    if (reference === undefined || !is(reference, String(outcomes.length))) throw new MalformedJson()
    const error = fields.get('error')
    const value = fields.get(fieldName)
    if (error !== undefined && error.length > 0) outcomes.push({ ok: false, reason: reasonOf(error) })
    else if (value === undefined) throw new MalformedJson()
    else outcomes.push({ ok: true, bytes: decode(value) })
  })
  return outcomes
}

function reasonOf(error: Buffer): 'INVALID' | 'UNAVAILABLE' {
  return invalidErrors.some((known) => error.subarray(0, known.length).equals(known))
    ? 'INVALID'
    : 'UNAVAILABLE'
}

function is(bytes: Buffer, text: string): boolean {
  return bytes.equals(Buffer.from(text, 'latin1'))
}
