import type { KeyState } from '../../crypto/key-store.ts'
import { GatewayError } from '../../errors.ts'
import type { KeyFilter } from '../../rotation/key-filter.ts'
import type { KeyFilterOptions } from '../keys.ts'

const states: readonly KeyState[] = [
  'enabled',
  'disabled',
  'compromised',
  'indexing',
  'retired',
  'closing',
  'destroyed',
]

/** @throws CONFIGURATION_INVALID for a state that there is not */
export function readKeyFilter(options: KeyFilterOptions): KeyFilter {
  const { type, state: named, tenant, holder, keyId, olderThan, kekVersion } = options
  const state = named === undefined ? undefined : states.find((one) => one === named)
  if (named !== undefined && state === undefined) {
    throw new GatewayError('CONFIGURATION_INVALID', { message: `A state is one of ${states.join(', ')}.` })
  }
  return {
    ...(type === undefined ? {} : { keyType: type }),
    ...(state === undefined ? {} : { state }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(holder === undefined ? {} : { holder }),
    ...(keyId === undefined ? {} : { keyId }),
    ...(olderThan === undefined ? {} : { olderThanDays: olderThan }),
    ...(kekVersion === undefined ? {} : { kekVersion }),
  }
}
