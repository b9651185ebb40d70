import { SealedField } from '../crypto/sealed-field.ts'
import { toStoredField } from './stored-field.ts'

/** Turns the sealed fields inside a draft's values into what the database holds. */
export function storedForm(value: unknown): unknown {
  if (value instanceof SealedField) return toStoredField(value)
  if (Array.isArray(value)) return value.map(storedForm)
  if (typeof value !== 'object' || value === null) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, storedForm(inner)]))
}
