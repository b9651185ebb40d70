import type { KeyPurpose } from './key-provider.ts'

export type KeyUse = 'wrap' | 'unwrap'

/** What an instance may ask of the KEKs of each purpose; the policies of a key service say the same. */
export const grantedUses = {
  full: { REVEAL: ['wrap', 'unwrap'], MASK: ['wrap', 'unwrap'], INDEX: ['wrap', 'unwrap'] },
  /** Serves masks. INDEX is a right to clear values: a masked card number leaves few to try. */
  'mask-only': { REVEAL: [], MASK: ['unwrap'], INDEX: [] },
  /** Stores what it cannot read. It makes index terms, so it can try values that are easy to guess. */
  'write-only': { REVEAL: ['wrap'], MASK: ['wrap'], INDEX: ['wrap', 'unwrap'] },
} as const satisfies Record<string, Readonly<Record<KeyPurpose, readonly KeyUse[]>>>

/** A kind of instance, by the keys that it may use. */
export type KeyRights = keyof typeof grantedUses

export function mayUse(rights: KeyRights, use: KeyUse, purpose: KeyPurpose): boolean {
  const uses: readonly KeyUse[] = grantedUses[rights][purpose]
  return uses.includes(use)
}
