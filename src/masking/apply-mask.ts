import type { Mask, MaskInput, MaskParameters, Pseudonym } from './mask.ts'
import { masks, type MaskStyle } from './styles/index.ts'

/**
 * The masked form of a value: pure and deterministic.
 *
 * @param parameters - as {@link parseMaskParameters} returned them.
 * @param pseudonym - for keyed styles.
 * @throws TypeError when a keyed style gets no pseudonym function, or one of fewer than 16 bytes; never for the value.
 */
export function applyMask(
  style: MaskStyle,
  value: MaskInput,
  parameters: MaskParameters = {},
  pseudonym?: Pseudonym,
): MaskInput {
  const mask: Mask = masks[style]
  return mask.apply(value, parameters, pseudonym)
}
