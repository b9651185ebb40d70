import { keyPurposes } from '../../crypto/key-provider.ts'
import { type KeyRights, usesOf } from '../../crypto/key-rights.ts'
import { keyNameOf } from '../key-name.ts'
import type { VaultSettings } from './options.ts'

/** One policy for each kind of instance, and one for whoever rotates, rewraps and trims. */
export type VaultPolicyName = KeyRights | 'operator'

const endpoints = { wrap: 'encrypt', unwrap: 'decrypt' } as const

/** What every token needs to look after itself. */
const ownToken = [
  allow('auth/token/lookup-self', ['read']),
  allow('auth/token/renew-self', ['update']),
  allow('sys/capabilities-self', ['update']),
]

/**
 * The policies for the transit keys of these key types, in HCL. Each line names one path exactly: `create` on `encrypt`, or
 * a `*`, would let a mistyped name make a key.
 */
export function vaultPolicies(
  { mountPath, keyPrefix }: Pick<VaultSettings, 'mountPath' | 'keyPrefix'>,
  keyTypes: readonly string[],
): Readonly<Record<VaultPolicyName, string>> {
  const keks = keyTypes.flatMap((keyType) => keyPurposes.map((purpose) => ({ keyType, purpose })))
  const named = keks.map((kek) => ({ kek, name: keyNameOf(keyPrefix, kek) }))
  const instance = (rights: KeyRights): readonly string[] => [
    ...ownToken,
    ...named.flatMap(({ kek, name }) => {
      const uses = usesOf(rights, kek)
      if (uses.length === 0) return []
      return [
        allow(`${mountPath}/keys/${name}`, ['read']),
        ...uses.map((use) => allow(`${mountPath}/${endpoints[use]}/${name}`, ['update'])),
      ]
    }),
  ]
  const operator = named.flatMap(({ name }) => [
    allow(`${mountPath}/keys/${name}/rotate`, ['update']),
    allow(`${mountPath}/rewrap/${name}`, ['update']),
    allow(`${mountPath}/keys/${name}/trim`, ['update']),
    // Shared with `deletion_allowed` and more, so its parameters are named.
    `path "${mountPath}/keys/${name}/config" { capabilities = ["update"]`,
    '  allowed_parameters = { "min_decryption_version" = [], "min_encryption_version" = [] } }',
  ])
  const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
  return {
    full: text(instance('full')),
    'mask-only': text(instance('mask-only')),
    'write-only': text(instance('write-only')),
    operator: text([...instance('full'), ...operator]),
  }
}

function allow(path: string, capabilities: readonly string[]): string {
  return `path "${path}" { capabilities = [${capabilities.map((one) => `"${one}"`).join(', ')}] }`
}
