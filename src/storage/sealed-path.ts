import mongoose from 'mongoose'

import { GatewayError } from '../errors.ts'
import { originOf } from './stored-field.ts'

/** The mongoose type of a protected path: null, or a field that a sealer made for this path. First of two nets. */
export class SealedPath extends mongoose.SchemaType {
  static readonly schemaName = 'SealedPath'

  constructor(path: string, options: object) {
    super(path, options, SealedPath.schemaName)
  }

  override cast(value: unknown): unknown {
    if (value === null || value === undefined || originOf(value) !== undefined) return value
    throw new GatewayError('WRITE_REFUSED')
  }

  castForQuery(_condition: unknown, value: unknown): unknown {
    return value
  }
}

// mongoose looks types up by name.
Object.assign(mongoose.Schema.Types, { SealedPath })
