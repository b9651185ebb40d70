/** The server error codes this server answers with, under the names of MongoDB's error table. */
export const errorNumbers = {
  InternalError: 1,
  BadValue: 2,
  FailedToParse: 9,
  Unauthorized: 13,
  TypeMismatch: 14,
  InvalidLength: 16,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  DollarPrefixedFieldName: 52,
  EmptyFieldName: 56,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  CommandNotSupported: 115,
  CannotIndexParallelArrays: 171,
  MaxTimeMSExpired: 50,
  ExceededMemoryLimit: 146,
  QueryExceededMemoryLimitNoDiskUseAllowed: 292,
  InvalidPipelineOperator: 168,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  UnknownField: 40415,
  ChangeStreamUnsupported: 40573,
} as const

export type ErrorName = keyof typeof errorNumbers

/** A failure that the client is told of: `ok: 0` with MongoDB's code, or one entry of `writeErrors`. */
export class CommandError extends Error {
  readonly codeName: ErrorName
  readonly details: Readonly<Record<string, unknown>>

  constructor(codeName: ErrorName, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'CommandError'
    this.codeName = codeName
    this.details = details
  }

  get code(): number {
    return errorNumbers[this.codeName]
  }
}

/** The error for what MongoDB does and this server does not: refused by name, never ignored. */
export function refuse(feature: string): CommandError {
  return new CommandError('CommandNotSupported', `The embedded server does not implement ${feature}`)
}
