/** Tests one value; undefined stands for a missing one. */
export type ValueTest = (value: unknown) => boolean
