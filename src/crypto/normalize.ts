import { GatewayError } from '../errors.ts'

/** Applied in this order, however they are written in the schema. */
const steps = {
  /** Compatibility forms become plain ones: full width, ligatures, composed and decomposed accents. */
  NFKC: (text: string) => text.normalize('NFKC'),
  /** Decimal digits alone, of any script. */
  DIGITS: (text: string) => text.replace(/\P{Nd}/gu, ''),
  TRIM: (text: string) => text.trim(),
  /** Independent of the place in the word: the final sigma is a sigma. */
  LOWERCASE: (text: string) => text.toLowerCase().replaceAll('ς', 'σ'),
} as const satisfies Record<string, (text: string) => string>

export type NormalizeStep = keyof typeof steps
export const normalizeSteps = Object.keys(steps) as readonly NormalizeStep[]

/** Text normalised for comparison, with a version that changes whenever results could. */
export interface Normalizer {
  readonly version: string
  /** @throws `BAD_USER_INPUT` for characters that the Unicode of this runtime does not know. */
  readonly apply: (text: string) => string
}

/** The steps that a version of a normaliser stands for; undefined for one that this program does not have. */
export function stepsOf(version: string): readonly NormalizeStep[] | undefined {
  const [algorithm, ...named] = version.split('+')
  const chosen = normalizeSteps.filter((step) => named.includes(step))
  return algorithm === 'n1' && chosen.length === named.length ? chosen : undefined
}

/**
 * The version holds no Unicode version, so that terms survive an update of Node. Unicode promises that NFKC of assigned
 * characters never changes; their lower case has changed once, for Cherokee in Unicode 8. Unassigned characters, whose
 * forms are still open, are refused. Should lower case change again, `n1` becomes `n2`.
 */
export function createNormalizer(chosen: readonly NormalizeStep[]): Normalizer {
  const ordered = normalizeSteps.filter((step) => chosen.includes(step))
  return {
    version: ['n1', ...ordered].join('+'),
    apply(text) {
      if (ordered.length > 0 && /\p{Cn}/u.test(text)) {
        throw new GatewayError('BAD_USER_INPUT', {
          message: 'A searchable value has characters this server does not know.',
        })
      }
      const result = ordered.reduce((partial, step) => steps[step](partial), text)
      // Once more: there are letters that compose with their accent in lower case alone, such as h with a line below.
      return ordered.includes('NFKC') ? steps.NFKC(result) : result
    },
  }
}
