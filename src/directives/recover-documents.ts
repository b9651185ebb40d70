import { RowAddress } from '../crypto/associated-data.ts'
import { keyIdOf } from '../crypto/ciphertext.ts'
import type { KeyLease } from '../crypto/key-lease.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { readSealed } from '../crypto/sealed-field.ts'
import { type ErrorCode, GatewayError } from '../errors.ts'
import type { PathCiphers, RowOwner } from './path-cipher.ts'
import { type ModelPolicy, type Policies, stored } from './policies.ts'
import { type SealedValue, sealedValues } from './sealed-values.ts'

/** A stored value that could not be decrypted. */
export interface Unrecovered {
  readonly id: string
  /** With list positions, such as `cards.0.number`. */
  readonly path: string
  readonly code: ErrorCode
}

type StoredObject = Record<string, unknown>

/**
 * Puts clear values in the place of sealed ones, in documents as they are stored, whoever may see them: for an export
 * that nobody asks a gateway for. One-way values and those that do not decrypt become null.
 */
export async function recoverDocuments(
  documents: readonly StoredObject[],
  model: ModelPolicy,
  {
    ring,
    ciphers,
    policies,
  }: { readonly ring: KeyRing; readonly ciphers: PathCiphers; readonly policies: Policies },
): Promise<readonly Unrecovered[]> {
  const sealed = documents.flatMap((document) => {
    const owner = {
      tenant: String(document[stored.tenant]),
      subject: String(document[stored.subject]),
      id: String(document[stored.id]),
    }
    return sealedValues(document, model, policies).map((value) => ({ document, owner, value }))
  })
  const cipherOf = ({ path, field }: SealedValue, { tenant }: RowOwner) =>
    ciphers.of({ collection: model.collection, path, field }, tenant)
  const lease = ring.openLease()
  try {
    const wanted = sealed.flatMap(({ owner, value }) => {
      const keyId = keyIdOf(readSealed(value.raw)?.ciphertext ?? Buffer.alloc(0))
      return keyId === undefined ? [] : [{ tuple: cipherOf(value, owner).revealKey(owner), keyId }]
    })
    await lease.collectForRead(wanted)
    const failures: Unrecovered[] = []
    for (const { document, owner, value } of sealed) {
      const { position: path, field } = value
      try {
        const hashed = field.protection.kind === 'hashed'
        put(document, path, hashed ? null : decrypt(value, owner, cipherOf(value, owner), lease))
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error
        put(document, path, null)
        failures.push({ id: owner.id, path, code: error.code })
      }
    }
    return failures
  } finally {
    lease.release()
  }
}

function decrypt(
  { elements, raw }: SealedValue,
  owner: RowOwner,
  cipher: ReturnType<PathCiphers['of']>,
  lease: KeyLease,
): unknown {
  const ciphertext = readSealed(raw)?.ciphertext
  if (ciphertext === undefined) throw new GatewayError('DECRYPTION_FAILED')
  const key = lease.readKey(cipher.revealKey(owner), keyIdOf(ciphertext))
  return cipher.value.decrypt(key, new RowAddress(owner.subject, owner.id, elements), ciphertext)
}

function put(document: StoredObject, position: string, value: unknown): void {
  const steps = position.split('.')
  const last = steps.pop() ?? ''
  let object: StoredObject = document
  for (const step of steps) object = object[step] as StoredObject
  object[last] = value
}
