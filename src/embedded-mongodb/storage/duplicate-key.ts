import { EJSON } from 'bson'
import { CommandError } from '../command-error.ts'
import type { BsonDocument } from '../bson/document.ts'

/** MongoDB's E11000, with the index, its pattern and the values that are taken. */
export function duplicateKeyError(
  namespace: string,
  indexName: string,
  keyPattern: BsonDocument,
  keyValue: BsonDocument,
): CommandError {
  const shown = Object.entries(keyValue).map(([name, value]) => `${name}: ${EJSON.stringify(value)}`)
  return new CommandError(
    'DuplicateKey',
    `E11000 duplicate key error collection: ${namespace} index: ${indexName} dup key: { ${shown.join(', ')} }`,
    { keyPattern, keyValue },
  )
}
