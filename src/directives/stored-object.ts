/** Whoever can write to the database can put anything in the place of an embedded object. */
export function isStoredObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
