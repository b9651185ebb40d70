import { unwrapResolverError } from '@apollo/server/errors'
import { type GraphQLFormattedError, GraphQLError, Kind } from 'graphql'

import { type ErrorCode, errorCodes, GatewayError } from '../errors.ts'

const ownCodes: ReadonlySet<string> = new Set(Object.keys(errorCodes))

/** Apollo's codes that are told to callers as they are. */
const protocolCodes: ReadonlySet<string> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'BAD_REQUEST',
])

export interface FormatErrorOptions {
  /** Whether names of the schema may be suggested to callers. */
  readonly suggestions: boolean
  /** Told of errors whose cause callers are not told. */
  readonly onInternalError: (error: unknown, path: GraphQLFormattedError['path']) => void
  /** Told the code of every error that is answered. */
  readonly onError?: ((code: string) => void) | undefined
}

/** The one shape of errors. Nothing of a value, a stack or the database gets through. */
export function createFormatError(options: FormatErrorOptions) {
  const format = createFormat(options)
  const { onError } = options
  if (onError === undefined) return format
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const told = format(formatted, error)
    onError(String(told.extensions?.code))
    return told
  }
}

function createFormat({ suggestions, onInternalError }: FormatErrorOptions) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = unwrapResolverError(error)
    if (original instanceof GatewayError) {
      // Of keys that are not available the key service tells once, and health as long as it lasts.
      if (original.httpStatus >= 500 && original.code !== 'KEY_UNAVAILABLE')
        onInternalError(original, formatted.path)
      return tell(original, formatted)
    }
    const place = { locations: formatted.locations, path: formatted.path }
    const code = formatted.extensions?.code
    const extensions = { code, ...pick(formatted.extensions, ['coordinate', 'inputPath', 'limit']) }
    if (
      typeof code === 'string' &&
      (ownCodes.has(code) || protocolCodes.has(code)) &&
      code !== 'INTERNAL_SERVER_ERROR'
    ) {
      return { message: safeMessage(formatted.message, code, error, suggestions), ...place, extensions }
    }
    onInternalError(original, formatted.path)
    const internal: ErrorCode = 'INTERNAL_SERVER_ERROR'
    return { message: errorCodes[internal].message, ...place, extensions: { code: internal } }
  }
}

function tell(
  { message, code, coordinate, inputPath }: GatewayError,
  { locations, path }: GraphQLFormattedError,
): GraphQLFormattedError {
  return { message, extensions: { code, coordinate, inputPath }, locations, path }
}

/** graphql-js quotes values in what it says of literals and variables, and names of the schema in its suggestions. */
function safeMessage(message: string, code: string, error: unknown, suggestions: boolean): string {
  const node = error instanceof GraphQLError ? error.nodes?.[0] : undefined
  const isValue = node !== undefined && valueKinds.has(node.kind)
  if (code === 'GRAPHQL_VALIDATION_FAILED' && isValue)
    return 'A literal in the document is not a value of its type.'
  if (code === 'GRAPHQL_PARSE_FAILED') return 'The document is not valid GraphQL.'
  if (code === 'BAD_USER_INPUT' && message.startsWith('Variable "')) {
    const name = /^Variable "\$([_A-Za-z][_0-9A-Za-z]*)"/.exec(message)?.[1] ?? ''
    return `Variable "$${name}" is missing or has an invalid value.`
  }
  return suggestions ? message : message.replace(/ ?Did you mean [^?]*\?/g, '')
}

const valueKinds: ReadonlySet<string> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
])

function pick(
  extensions: GraphQLFormattedError['extensions'],
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap((name) => (extensions?.[name] === undefined ? [] : [[name, extensions[name]]])),
  )
}
