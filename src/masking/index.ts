export { applyMask } from './apply-mask.ts'
export type { Mask, MaskExample, MaskInput, MaskParameters, Pseudonym } from './mask.ts'
export { parseMaskParameters } from './parse-mask-parameters.ts'
export { isMaskStyle, masks, type MaskStyle } from './styles/index.ts'
