/**
 * What a mask takes and gives. Dates are text: a `Date` as `YYYY-MM-DD`, a `DateTime` as RFC 3339 (`2024-05-06T07:08:09.000Z`).
 */
export type MaskInput = string | number | bigint

/** What a schema may set on a style; every other name is refused at start. */
export interface MaskParameters {
  /** ROUND: results are multiples of this whole number, at least 2. Default 1000. */
  readonly step?: number
}

/**
 * A keyed pseudorandom function of one tenant, given by the caller: the same text always gives the same bytes, and without
 * the key neither text nor bytes can be found from the other. At least 16 bytes.
 */
export type Pseudonym = (text: string) => Uint8Array

export interface MaskExample {
  readonly value: MaskInput
  readonly masked: MaskInput
}

/**
 * One masking style. `apply` is pure and deterministic, and never throws on any value of {@link MaskInput}.
 *
 * Whatever a style does not recognise, and whatever is too short for its hidden part to outweigh the shown one, becomes
 * `fallback`. The length of a result does not depend on the length of what is hidden.
 */
export interface Mask {
  /** Raised when any output changes: a stored mask of another version reads as hidden. */
  readonly version: number
  /** Names of the GraphQL scalars that accept every output. */
  readonly scalars: readonly string[]
  /** The most that an output tells about the value, in a sentence. */
  readonly reveals: string
  /** Absent where every value has a mask of its own. */
  readonly fallback?: MaskInput
  /** Typical outputs: a scalar that serializes these and `fallback` accepts the style. */
  readonly examples: readonly [MaskExample, ...MaskExample[]]
  /** The parameters this style takes; none when absent. */
  readonly parameters?: readonly (keyof MaskParameters)[]
  /** Whether `apply` needs a {@link Pseudonym}; without one it throws a `TypeError`. */
  readonly keyed?: true
  readonly apply: (value: MaskInput, parameters: MaskParameters, pseudonym?: Pseudonym) => MaskInput
}
