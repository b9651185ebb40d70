import { keyPurposes } from '../../crypto/key-provider.ts'
import { grantedUses, type KeyRights } from '../../crypto/key-rights.ts'
import { keyNameOf } from './keys.ts'
import type { VaultSettings } from './options.ts'

/** One policy for each kind of instance, and one for whoever makes, rotates and rewraps keys. */
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
 *
 * The operator's holds no right to unwrap: `rewrap` happens inside Vault.
 */
export function vaultPolicies(
  { mountPath, keyPrefix }: Pick<VaultSettings, 'mountPath' | 'keyPrefix'>,
  keyTypes: readonly string[],
): Readonly<Record<VaultPolicyName, string>> {
  const keks = keyTypes.flatMap((keyType) => keyPurposes.map((purpose) => ({ keyType, purpose })))
  const named = keks.map((kek) => ({ purpose: kek.purpose, name: keyNameOf(keyPrefix, kek) }))
  const instance = (rights: KeyRights): string =>
    join(
      named.flatMap(({ purpose, name }) => {
        const uses = grantedUses[rights][purpose]
        if (uses.length === 0) return []
        return [
          allow(`${mountPath}/keys/${name}`, ['read']),
          ...uses.map((use) => allow(`${mountPath}/${endpoints[use]}/${name}`, ['update'])),
        ]
      }),
    )
  return {
    full: instance('full'),
    'mask-only': instance('mask-only'),
    'write-only': instance('write-only'),
    operator: join([
      allow(`sys/mounts/${mountPath}`, ['create', 'update']),
      ...named.flatMap(({ name }) => [
        allow(`${mountPath}/keys/${name}`, ['create', 'read', 'update']),
        ...['rotate', 'config', 'trim'].map((what) => allow(`${mountPath}/keys/${name}/${what}`, ['update'])),
        allow(`${mountPath}/rewrap/${name}`, ['update']),
      ]),
    ]),
  }
}

function join(lines: readonly string[]): string {
  return [...ownToken, ...lines].map((line) => `${line}\n`).join('')
}

function allow(path: string, capabilities: readonly string[]): string {
  return `path "${path}" { capabilities = [${capabilities.map((one) => `"${one}"`).join(', ')}] }`
}
