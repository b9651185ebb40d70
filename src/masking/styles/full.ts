import { createTextMask } from '../text-mask.ts'

/** `****`: reveals that there is a value. */
export const full = createTextMask({
  version: 1,
  reveals: 'That there is a value.',
  examples: [{ value: 'correct horse battery staple', masked: '****' }],
  show: () => undefined,
})
