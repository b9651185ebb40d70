import { GatewayError } from '../errors.ts'
import type { Mask, MaskParameters } from './mask.ts'
import { masks, type MaskStyle } from './styles/index.ts'

const rules: Record<keyof MaskParameters, { isValid: (value: unknown) => boolean; says: string }> = {
  step: {
    isValid: (value) => Number.isSafeInteger(value) && Number(value) >= 2,
    says: 'a whole number from 2 to 9007199254740991',
  },
}

/**
 * Checks what a schema sets on a style, once at start.
 *
 * @throws GatewayError `SCHEMA_INVALID` for a parameter that the style does not take, or out of its range.
 */
export function parseMaskParameters(
  style: MaskStyle,
  parameters: Readonly<Record<string, unknown>>,
): MaskParameters {
  const { parameters: accepted = [] }: Mask = masks[style]
  for (const [name, value] of Object.entries(parameters)) {
    const parameter = accepted.find((known) => known === name)
    if (parameter === undefined) {
      const known = accepted.length === 0 ? 'takes none' : `takes ${accepted.join(', ')}`
      throw new GatewayError('SCHEMA_INVALID', {
        message: `Masking style ${style} has no parameter "${name}"; it ${known}.`,
      })
    }
    if (!rules[parameter].isValid(value)) {
      throw new GatewayError('SCHEMA_INVALID', {
        message: `Parameter "${name}" of masking style ${style} must be ${rules[parameter].says}.`,
      })
    }
  }
  return parameters
}
