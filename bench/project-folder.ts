import { fileURLToPath } from 'node:url'

/** Benches run compiled, in `dist-bench/bench`. */
export const projectFolder = fileURLToPath(new URL('../..', import.meta.url))
