import type { Kek, KeyPurpose } from './key-provider.ts'

export type KeyUse = 'wrap' | 'unwrap'

/** What an instance may ask of the KEKs of each purpose; the policies of a key service say the same. */
const grantedUses = {
  full: { REVEAL: ['wrap', 'unwrap'], MASK: ['wrap', 'unwrap'], INDEX: ['wrap', 'unwrap'] },
  /** Serves masks. INDEX is a right to clear values: a masked card number leaves few to try. */
  'mask-only': { REVEAL: [], MASK: ['unwrap'], INDEX: [] },
  /** Stores what it cannot read. It makes index terms, so it can try values that are easy to guess. */
  'write-only': { REVEAL: ['wrap'], MASK: ['wrap'], INDEX: ['wrap', 'unwrap'] },
} as const satisfies Record<string, Readonly<Record<KeyPurpose, readonly KeyUse[]>>>

/** A kind of instance, by the keys that it may use. */
export type KeyRights = keyof typeof grantedUses

/** Every kind of instance writes the audit log, for which it makes keys and goes on with those that there are. */
export function usesOf(rights: KeyRights, { keyType, purpose }: Kek): readonly KeyUse[] {
  return grantedUses[keyType === 'AUDIT_LOG' ? 'full' : rights][purpose]
}

export function mayUse(rights: KeyRights, use: KeyUse, kek: Kek): boolean {
  return usesOf(rights, kek).includes(use)
}
