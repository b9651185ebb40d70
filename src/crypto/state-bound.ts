/**
 * How long after a change of key states some process may still work by the old ones, in milliseconds: every process looks for
 * changes three times in it, and drops its unwrapped keys when it finds one, or could not look for so long.
 */
export const stateBoundMs = 15_000
