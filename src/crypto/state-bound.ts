/**
 * How long after a change of key states some process may still work by the old ones, in milliseconds: every process looks for
 * changes three times in it, and drops its unwrapped keys when it finds one, or could not look for so long.
 */
export const stateBoundMs = 15_000

/**
 * How long after its index terms were made a write may still leave for the database, in milliseconds. So this long after the
 * bound above none is under way any more that knows older states.
 */
export const indexedWriteMs = 15_000
