import type { AuditedAct } from '../audit/event.ts'
import { RowAddress } from '../crypto/associated-data.ts'
import { keyIdOf } from '../crypto/ciphertext.ts'
import type { KeyLease } from '../crypto/key-lease.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { readSealed } from '../crypto/sealed-field.ts'
import { GatewayError } from '../errors.ts'
import type { PathCiphers } from './path-cipher.ts'
import { type RowOwner } from './path-cipher.ts'
import { type ModelPolicy, stored } from './policies.ts'
import type { StoredObject } from './reveal-documents.ts'
import type { SearchedPath } from './search.ts'

export type VerifyMatches = (options: VerifyOptions) => Promise<readonly StoredObject[]>

export interface VerifyOptions {
  readonly model: ModelPolicy
  readonly documents: readonly StoredObject[]
  readonly searched: readonly SearchedPath[]
  readonly observe: (event: AuditedAct) => void
}

/** A stored document that a blind-index term matched, and the value behind it. */
interface Match {
  readonly document: StoredObject
  readonly search: SearchedPath
  /** Which of the searched values the term stands for. */
  readonly position: number
  /** Undefined when what is stored is no sealed field: a list, say, in which the database looks for terms as well. */
  readonly bytes: Buffer | undefined
  readonly owner: RowOwner
}

/**
 * Decrypts what matched through a blind-index term and compares the normalised values. A row whose value does not match,
 * or cannot be decrypted, was tampered with: it is dropped and observed as failed; one that is being erased, as erased.
 * @throws KEY_UNAVAILABLE when a key cannot be had: an answer without its rows would be wrong
 */
export function createMatchVerifier(ring: KeyRing, ciphers: PathCiphers): VerifyMatches {
  return (options) => verify(ring, ciphers, options)
}

async function verify(
  ring: KeyRing,
  ciphers: PathCiphers,
  { model, documents, searched, observe }: VerifyOptions,
): Promise<readonly StoredObject[]> {
  const matches = documents.flatMap((document) => searched.flatMap((search) => findMatch(document, search)))
  if (matches.length === 0) return documents
  const cipherOf = ({ search, owner }: Match) =>
    ciphers.of({ collection: model.collection, path: search.field.stored, field: search.field }, owner.tenant)
  const lease = ring.openLease()
  try {
    await lease.collectForRead(
      matches.flatMap((match) => {
        const keyId = match.bytes === undefined ? undefined : keyIdOf(match.bytes)
        return keyId === undefined ? [] : [{ tuple: cipherOf(match).revealKey(match.owner), keyId }]
      }),
    )
    const dropped = new Set<StoredObject>()
    for (const match of matches) {
      const outcome = judge(match, cipherOf(match), lease)
      if (outcome === 'matches') continue
      const { document, search, owner } = match
      dropped.add(document)
      observe({ coordinate: search.field.coordinate, subject: owner.subject, id: owner.id, outcome })
    }
    return dropped.size === 0 ? documents : documents.filter((document) => !dropped.has(document))
  } finally {
    lease.release()
  }
}

function findMatch(document: StoredObject, search: SearchedPath): Match[] {
  const value = document[search.field.stored]
  if (value === null || value === undefined) return []
  const owner = {
    tenant: String(document[stored.tenant]),
    subject: String(document[stored.subject]),
    id: String(document[stored.id]),
  }
  const parts = readSealed(value)
  if (parts === undefined) return [{ document, search, position: -1, bytes: undefined, owner }]
  const found = parts.terms[search.slot]
  const position = found === undefined ? -1 : search.terms.findIndex((term) => found.equals(term))
  return position === -1 ? [] : [{ document, search, position, bytes: parts.ciphertext, owner }]
}

function judge(
  match: Match,
  cipher: ReturnType<PathCiphers['of']>,
  lease: KeyLease,
): 'matches' | 'failed' | 'erased' {
  const { search, position, bytes, owner } = match
  if (bytes === undefined) return 'failed'
  try {
    const key = lease.readKey(cipher.revealKey(owner), keyIdOf(bytes))
    const value = cipher.value.decrypt(key, new RowAddress(owner.subject, owner.id), bytes)
    return search.index.matches(value, search.values[position]) ? 'matches' : 'failed'
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : undefined
    if (code === 'KEY_UNAVAILABLE') throw error
    return code === 'ERASED' ? 'erased' : 'failed'
  }
}
