import mongoose from 'mongoose'

/**
 * The mongoose type of a protected path. It takes every value as it is: what mongoose refuses it drops without a word where
 * validation is off or a document is replaced, and quotes in its errors. The write guard refuses instead.
 */
export class SealedPath extends mongoose.SchemaType {
  static readonly schemaName = 'SealedPath'

  constructor(path: string, options: object) {
    super(path, options, SealedPath.schemaName)
  }

  override cast(value: unknown): unknown {
    return value
  }

  castForQuery(_condition: unknown, value: unknown): unknown {
    return value
  }
}

// mongoose looks types up by name.
Object.assign(mongoose.Schema.Types, { SealedPath })
