import { GatewayError } from '../errors.ts'

/** How long keys of a type serve. Interval and grace speak of KEK versions, the maximum age also of data keys. */
export interface KeyPolicy {
  /** A KEK is due for a new version this many days after its newest one was made. */
  readonly rotationDays: number
  /**
   * A data key of this age is replaced at the next write. A KEK version of this age is warned of, and after the days of
   * grace it wraps no new data key any more.
   */
  readonly maxAgeDays: number
  /** How many days a KEK version is kept after its successor was made; then it may be trimmed. */
  readonly graceDays: number
  /** How many data keys, or documents, a job takes at a time. */
  readonly batchSize: number
  /** Whether gateways rotate, rewrap and trim by themselves when they are due. */
  readonly automatic: boolean
}

const defaults = { batchSize: 1_000, automatic: true } as const

/** The key types that come ready. */
export const defaultKeyPolicies: Readonly<Record<string, KeyPolicy>> = {
  FINANCIAL: { rotationDays: 90, maxAgeDays: 365, graceDays: 30, ...defaults },
  PII: { rotationDays: 180, maxAgeDays: 730, graceDays: 30, ...defaults },
  SESSION: { rotationDays: 30, maxAgeDays: 90, graceDays: 7, ...defaults },
  API_KEY: { rotationDays: 90, maxAgeDays: 365, graceDays: 30, ...defaults },
  AUDIT_LOG: { rotationDays: 365, maxAgeDays: 1_825, graceDays: 90, ...defaults },
}

/** By key type. A type that has none of its own, because only a schema names it, has that of PII. */
export class KeyPolicies {
  readonly #policies: ReadonlyMap<string, KeyPolicy>

  private constructor(policies: ReadonlyMap<string, KeyPolicy>) {
    this.#policies = policies
  }

  /**
   * The defaults, changed and completed by what a person wrote: an object of policies, each whole or a part of one.
   *
   * @throws GatewayError `CONFIGURATION_INVALID` naming the key type and the member that is wrong or contradicts another.
   */
  static read(written: unknown = {}): KeyPolicies {
    const policies = new Map(Object.entries(defaultKeyPolicies))
    for (const [keyType, part] of Object.entries(record(written, 'A file of key policies'))) {
      if (!/^[A-Z][A-Z0-9_]*$/.test(keyType))
        throw refused(keyType, 'is not a key type: upper case letters, digits and _')
      policies.set(keyType, readPolicy(keyType, record(part, keyType), policies.get(keyType)))
    }
    return new KeyPolicies(policies)
  }

  of(keyType: string): KeyPolicy {
    return this.#policies.get(keyType) ?? pii
  }
}

const { PII: pii } = defaultKeyPolicies as { readonly PII: KeyPolicy }

/** The least and greatest number of each member. A request to a key service takes 1,000 keys at most. */
const ranges = {
  rotationDays: [1, 3_650],
  maxAgeDays: [1, 36_500],
  graceDays: [1, 3_650],
  batchSize: [1, 1_000],
} as const

function readPolicy(
  keyType: string,
  part: Readonly<Record<string, unknown>>,
  base: KeyPolicy | undefined,
): KeyPolicy {
  const policy: Partial<Record<keyof KeyPolicy, unknown>> = { ...defaults, ...base }
  for (const [member, value] of Object.entries(part)) {
    if (member === 'automatic') {
      if (typeof value !== 'boolean') throw refused(keyType, 'automatic must be true or false')
    } else if (Object.hasOwn(ranges, member)) {
      const [least, most] = ranges[member as keyof typeof ranges]
      if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
        throw refused(keyType, `${member} must be a whole number from ${least} to ${most}`)
    } else throw refused(keyType, `${member} is none of ${[...Object.keys(ranges), 'automatic'].join(', ')}`)
    policy[member as keyof KeyPolicy] = value
  }
  for (const member of Object.keys(ranges)) {
    if (policy[member as keyof KeyPolicy] === undefined)
      throw refused(keyType, `${member} is needed for a type of your own`)
  }
  return assertConsistent(keyType, policy as KeyPolicy)
}

function assertConsistent(keyType: string, policy: KeyPolicy): KeyPolicy {
  const { rotationDays, maxAgeDays, graceDays } = policy
  if (maxAgeDays < rotationDays)
    throw refused(
      keyType,
      `maxAgeDays (${maxAgeDays}) ends before the first rotation (rotationDays ${rotationDays})`,
    )
  if (graceDays >= rotationDays)
    throw refused(
      keyType,
      `graceDays (${graceDays}) must be fewer than rotationDays (${rotationDays}), or old versions pile up`,
    )
  return policy
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new GatewayError('CONFIGURATION_INVALID', { message: `${what} must be an object.` })
}

function refused(keyType: string, problem: string): GatewayError {
  return new GatewayError('CONFIGURATION_INVALID', { message: `The key policy of ${keyType}: ${problem}.` })
}
