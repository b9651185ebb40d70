import type { Double, Int32, Long } from 'bson'
import { refuse } from '../command-error.ts'
import { bsonClass, isPlainObject } from '../bson/canonical-type.ts'
import { setField } from '../bson/document-path.ts'
import type { BsonDocument } from '../bson/document.ts'

/**
 * Turns BSON numbers into JavaScript numbers, which is what mingo computes with. Refuses those that would lose digits:
 * Decimal128, and integers beyond 2^53.
 */
export function simplifyNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(simplifyNumbers)
  if (isPlainObject(value)) {
    const simple: BsonDocument = {}
    for (const [name, field] of Object.entries(value)) setField(simple, name, simplifyNumbers(field))
    return simple
  }
  switch (bsonClass(value) ?? '') {
    case 'Int32':
    case 'Double':
      return (value as Int32 | Double).value
    case 'Long': {
      const number = (value as Long).toNumber()
      if (!Number.isSafeInteger(number)) throw refuse('expressions over integers beyond 2^53')
      return number
    }
    case 'Decimal128':
      throw refuse('expressions over Decimal128')
    default:
      return value
  }
}
