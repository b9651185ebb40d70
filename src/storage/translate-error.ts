import mongoose from 'mongoose'

import { framesOf, GatewayError } from '../errors.ts'

const { MongoServerError, MongoNetworkError, MongoServerSelectionError, MongoError } = mongoose.mongo
// What mongoose makes of the driver's when it connects.
const { MongooseServerSelectionError } = mongoose.Error

const duplicateKey = 11_000

/** A unique index refused a write. Which path it was is for the caller to tell, or not to tell. */
export class UniqueViolation extends GatewayError {
  /** Stored path of the index, such as `email`; undefined when the server does not say. */
  readonly path: string | undefined

  constructor(path: string | undefined) {
    super('CONFLICT')
    this.path = path
  }
}

/**
 * What leaves storage in the place of an error of mongoose or the driver, whose texts and objects quote values.
 */
export function translateError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const own = findGatewayError(error)
  if (own !== undefined) return own
  if (isDuplicateKey(error)) return new UniqueViolation(indexPath(error))
  if (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongooseServerSelectionError
  ) {
    return new GatewayError('SERVICE_UNAVAILABLE', {
      message: 'The database is not available at the moment.',
    })
  }
  if (error instanceof MongoServerError) {
    return new GatewayError('INTERNAL_SERVER_ERROR', { cause: `database error ${String(error.code)}` })
  }
  const name = error instanceof Error ? error.name : typeof error
  const unavailable = error instanceof MongoError && /topology|closed|pool/i.test(error.name)
  const frames = error instanceof Error ? framesOf(error).slice(0, 4) : []
  return new GatewayError(unavailable ? 'SERVICE_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR', {
    cause: [name, ...frames.map((frame) => frame.trim())].join(' '),
  })
}

/** Whether the driver raised the error, rather than our own code. */
export function isDatabaseError(error: unknown): boolean {
  return error instanceof MongoError || error instanceof MongooseServerSelectionError
}

/** Runs a database call so that only a GatewayError can come out of it. */
export async function translated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw translateError(error)
  }
}

/** Codes of what the write guard throws. */
const guardErrors = ['WRITE_REFUSED', 'SERVICE_UNAVAILABLE'] as const

interface DuplicateKey {
  readonly keyPattern?: Readonly<Record<string, unknown>>
  readonly errmsg?: string
  readonly message?: string
}

export function isDuplicateKey(error: unknown): error is DuplicateKey {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === duplicateKey
}

export function indexPath({ keyPattern, errmsg, message }: DuplicateKey): string | undefined {
  const named = /index: (?:\S+\$)?(\S+)/.exec(errmsg ?? message ?? '')?.[1]
  const keys = keyPattern === undefined ? (named?.split(/_-?1_?/) ?? []) : Object.keys(keyPattern)
  return keys.find((key) => key !== '' && !key.startsWith('_'))?.replace(/\.t[01]$/, '')
}

/** An error that the write guard raised may come back wrapped by the driver. */
function findGatewayError(error: unknown): GatewayError | undefined {
  let current = error
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth += 1) {
    if (current instanceof GatewayError) return current
    current =
      (current as { cause?: unknown; reason?: unknown }).cause ?? (current as { reason?: unknown }).reason
  }
  const message = error instanceof Error ? error.message : ''
  return guardErrors.map((code) => new GatewayError(code)).find((guard) => guard.message === message)
}
