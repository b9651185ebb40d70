import { isShowable, readGraphemes } from '../graphemes.ts'
import { createTextMask } from '../text-mask.ts'

/** Nine leaves five hidden for four shown. Nine is also what common national numbers have (US, Spain). */
const fewestGraphemes = 9

/**
 * `**** 6789`: the last four letters or digits, whatever stands between them.
 *
 * Reveals at most four graphemes, and that there are nine or more letters and digits in all. With fewer, or where one of the
 * four is a stack of more than four code points, the fallback.
 */
export const last4 = createTextMask({
  version: 1,
  reveals: 'The last four of at least nine letters and digits.',
  examples: [{ value: '123-45-6789', masked: '**** 6789' }],
  show: (text) => {
    const graphemes = readGraphemes(text)
    const shown = graphemes.slice(-4)
    if (graphemes.length < fewestGraphemes || !shown.every(isShowable)) return undefined
    return `**** ${shown.join('')}`
  },
})
