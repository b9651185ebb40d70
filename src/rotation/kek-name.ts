import { type Kek, keyPurposes } from '../crypto/key-provider.ts'
import { GatewayError } from '../errors.ts'

/** A KEK in parameters, checkpoints and findings, such as `PII/REVEAL`. */
export function kekName({ keyType, purpose }: Kek): string {
  return `${keyType}/${purpose}`
}

/** Every KEK of some key types. @throws CONFIGURATION_INVALID for a type that has none */
export function keksOf(keyTypes: readonly string[], keks: readonly Kek[]): readonly Kek[] {
  for (const keyType of keyTypes) {
    if (keks.some((kek) => kek.keyType === keyType)) continue
    const known = [...new Set(keks.map((kek) => kek.keyType))].sort().join(', ')
    throw new GatewayError('CONFIGURATION_INVALID', {
      message: `The schema uses no key type ${keyType}. It uses: ${known}.`,
    })
  }
  const order = (kek: Kek): number => keyPurposes.indexOf(kek.purpose)
  return keks
    .filter(({ keyType }) => keyTypes.length === 0 || keyTypes.includes(keyType))
    .sort((one, other) =>
      one.keyType === other.keyType ? order(one) - order(other) : one.keyType < other.keyType ? -1 : 1,
    )
}
