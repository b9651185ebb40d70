/** What a caller is told of a failure: nothing in this table ever holds a value, a key or a stored byte. */
interface ErrorDefinition {
  readonly httpStatus: number
  readonly message: string
}

/** Every error code of the gateway. `docs/errors.md` documents each; a test compares the two. */
export const errorCodes = {
  UNAUTHENTICATED: { httpStatus: 401, message: 'A valid token is needed.' },
  FORBIDDEN: { httpStatus: 403, message: 'This viewer may not do that.' },
  BAD_USER_INPUT: { httpStatus: 400, message: 'The input is not valid.' },
  NOT_FOUND: { httpStatus: 404, message: 'There is no such document for this viewer.' },
  CONFLICT: { httpStatus: 409, message: 'The write conflicts with stored data.' },
  LIMIT_EXCEEDED: { httpStatus: 400, message: 'The request is larger than a stated limit.' },
  PAYLOAD_TOO_LARGE: { httpStatus: 413, message: 'The request body is too large.' },
  UNSUPPORTED_MEDIA_TYPE: { httpStatus: 415, message: 'The request body must be application/json.' },
  DECRYPTION_FAILED: { httpStatus: 500, message: 'The stored value could not be decrypted.' },
  ERASED: { httpStatus: 410, message: 'The stored value was erased.' },
  KEY_UNAVAILABLE: { httpStatus: 503, message: 'The key of this value is not available at the moment.' },
  SERVICE_UNAVAILABLE: { httpStatus: 503, message: 'The service is not available at the moment.' },
  WRITE_REFUSED: { httpStatus: 500, message: 'A write that was not sealed was stopped before the database.' },
  LEAK_REFUSED: { httpStatus: 500, message: 'A value that was not released for this viewer was stopped.' },
  SCHEMA_INVALID: { httpStatus: 500, message: 'The schema is not valid.' },
  CONFIGURATION_INVALID: { httpStatus: 500, message: 'The configuration is not valid.' },
  KEYS_MISMATCH: { httpStatus: 500, message: 'The key service does not hold the keys of this database.' },
  INTERNAL_SERVER_ERROR: { httpStatus: 500, message: 'Internal server error.' },
} as const satisfies Record<string, ErrorDefinition>

export type ErrorCode = keyof typeof errorCodes

export interface GatewayErrorOptions {
  /** Replaces the code's message. Never a value from a request or from storage. */
  readonly message?: string
  /** The schema coordinate the failure is about, such as `Customer.email`. */
  readonly coordinate?: string
  /** Where in the input, such as `input.cards[0].number`. */
  readonly inputPath?: string
  /** For logs that are not shown to callers; must not hold plaintext or keys either. */
  readonly cause?: unknown
}

/** The one error class that crosses folders; only the server turns it into a GraphQL error. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly coordinate: string | undefined
  readonly inputPath: string | undefined

  constructor(code: ErrorCode, options: GatewayErrorOptions = {}) {
    super(
      options.message ?? errorCodes[code].message,
      options.cause === undefined ? {} : { cause: options.cause },
    )
    this.code = code
    this.coordinate = options.coordinate
    this.inputPath = options.inputPath
  }

  // On the prototype: the driver copies own properties of errors to its own, whose name cannot be set.
  override get name(): string {
    return 'GatewayError'
  }

  get httpStatus(): number {
    return errorCodes[this.code].httpStatus
  }
}

/** Where an error arose: its stack without the message, of which a line may look like a frame and quote a value. */
export function framesOf({ stack = '', message }: Error): readonly string[] {
  const start = stack.indexOf(message)
  const below = start === -1 ? '' : stack.slice(start + message.length)
  return below.split('\n').filter((line) => /^\s+at /.test(line))
}

/** For errors whose place tells nothing, or that are made by the hundred: a stack costs more than all the rest of an error. */
export function withoutStack<Value>(create: () => Value): Value {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return create()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
