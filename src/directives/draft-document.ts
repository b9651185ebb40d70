import { GatewayError } from '../errors.ts'
import { createId } from './create-id.ts'
import type { Decisions } from './decisions.ts'
import type { Draft } from './draft.ts'
import { type ModelPolicy, type Policies, stored } from './policies.ts'
import { InputWriter } from './write-input.ts'

export interface DraftOptions {
  readonly policies: Policies
  readonly model: ModelPolicy
  readonly decisions: Decisions
  readonly input: Readonly<Record<string, unknown>>
  /** Where the input stands in the arguments, for messages. */
  readonly at: string
}

/**
 * Lays out a new document.
 * @throws BAD_USER_INPUT or FORBIDDEN, with the path in the input
 */
export function draftCreate({ policies, model, decisions, input, at }: DraftOptions): Draft {
  const id = createId()
  const subject = model.subject === undefined ? id : input[model.subject]
  if (typeof subject !== 'string' || subject === '') {
    const inputPath = `${at}.${model.subject ?? 'id'}`
    throw new GatewayError('BAD_USER_INPUT', {
      message: `${inputPath} must name whose data this is.`,
      inputPath,
    })
  }
  const owns = subject === decisions.subject
  if (decisions.rows(model.name, 'create') === 'own' && !owns) throw new GatewayError('FORBIDDEN')
  const writer = new InputWriter({ policies, decisions, action: 'create', owns })
  const changes = writer.create(model.fields, input, { input: at, path: '', elements: [] })
  return { model, id, tenant: decisions.tenant, subject, changes, pending: writer.pending, kept: [] }
}

/**
 * Lays out the changes of a stored document.
 * @param current - the document as it is stored, at the revision that the write will name
 * @throws BAD_USER_INPUT or FORBIDDEN, with the path in the input; ERASED for a document that was redacted
 */
export function draftUpdate(options: DraftOptions, current: Readonly<Record<string, unknown>>): Draft {
  const { policies, model, decisions, input, at } = options
  if (current[stored.erased] != null) throw new GatewayError('ERASED')
  const subject = String(current[stored.subject])
  if (
    model.subject !== undefined &&
    Object.hasOwn(input, model.subject) &&
    input[model.subject] !== subject
  ) {
    const inputPath = `${at}.${model.subject}`
    throw new GatewayError('BAD_USER_INPUT', {
      message: `${inputPath} says whose data this is, and cannot change.`,
      inputPath,
    })
  }
  const writer = new InputWriter({
    policies,
    decisions,
    action: 'update',
    owns: subject === decisions.subject,
  })
  const changes = writer.change(model.fields, input, current, { input: at, path: '', elements: [] })
  const { pending, kept } = writer
  return { model, id: String(current[stored.id]), tenant: decisions.tenant, subject, changes, pending, kept }
}
