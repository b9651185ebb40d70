import { CommandError } from '../command-error.ts'
import { type BsonDocument, decodeDocument, encodeDocument } from '../bson/document.ts'
import type { Engine, Namespace } from '../engine.ts'
import { compileUpdate, documentToUpsert, type Update } from '../update/update.ts'
import { changeAll, changeFirst, type Target } from './change-documents.ts'
import {
  type CommandReply,
  type CommandRequest,
  type CommandTable,
  documentsOf,
  isTrue,
  namespaceOf,
  objectOf,
} from './command.ts'
import { withId } from './insert.ts'
import { checkBatch, describeWriteError, type WriteError } from './write-error.ts'

/** Applies an update to a document. Returns the document after it, and whether it differs. */
export function applyUpdate(
  { collection, idKey, document, bytes }: Target,
  update: Update,
  filter: BsonDocument,
): { readonly after: BsonDocument; readonly modified: boolean } {
  const after = update(decodeDocument(bytes), filter, false)
  if (encodeDocument(after).equals(bytes)) return { after, modified: false }
  collection.replace(idKey, document, after)
  return { after, modified: true }
}

/** Inserts what an upsert makes of its filter and update. Only within a write. */
export function insertUpsert(
  engine: Engine,
  { database, name }: Namespace,
  update: Update,
  filter: BsonDocument,
  isReplacement: boolean,
): BsonDocument {
  const document = withId(documentToUpsert(update, filter, isReplacement))
  engine.catalog.open(database, name).insert(document, encodeDocument(document))
  return document
}

/** Whether an update is a whole document rather than operators or a pipeline. */
export function isReplacement(update: unknown): boolean {
  return !Array.isArray(update) && Object.keys(objectOf(update, 'u'))[0]?.startsWith('$') !== true
}

interface Outcome {
  readonly matched: number
  readonly modified: number
  readonly upserted?: unknown
}

const statementFields = new Set([
  'q',
  'u',
  'multi',
  'upsert',
  'arrayFilters',
  'hint',
  'sort',
  'collation',
  'c',
])

async function runStatement(engine: Engine, namespace: Namespace, statement: BsonDocument): Promise<Outcome> {
  for (const field of Object.keys(statement)) {
    if (!statementFields.has(field) || field === 'collation' || field === 'c') {
      throw new CommandError(
        'CommandNotSupported',
        `The embedded server does not implement update.updates.${field}`,
      )
    }
  }
  const filter = objectOf(statement.q, 'q')
  const multi = isTrue(statement.multi)
  const update = compileUpdate(statement.u, multi, statement.arrayFilters)
  let modified = 0
  const insert = (): Outcome => {
    const document = insertUpsert(engine, namespace, update, filter, isReplacement(statement.u))
    return { matched: 0, modified: 0, upserted: document._id }
  }
  if (multi) {
    const matched = await changeAll(engine, namespace, { filter, hint: statement.hint }, (target) => {
      if (applyUpdate(target, update, filter).modified) modified += 1
    })
    if (matched > 0 || !isTrue(statement.upsert)) return { matched, modified }
    return engine.store.write(insert)
  }
  const selection = { filter, hint: statement.hint, sort: statement.sort }
  return changeFirst(engine, namespace, selection, (target) => {
    if (target !== undefined)
      return { matched: 1, modified: Number(applyUpdate(target, update, filter).modified) }
    return isTrue(statement.upsert) ? insert() : { matched: 0, modified: 0 }
  })
}

/** How many statements of an unordered command wait for transactions at once. */
const statementsAtOnce = 500

async function runUpdate(request: CommandRequest): Promise<CommandReply> {
  const { engine, body } = request
  const namespace = namespaceOf(request)
  const statements = documentsOf(request, 'updates')
  checkBatch(statements.length)
  const upserted: { readonly index: number; readonly _id: unknown }[] = []
  const writeErrors: WriteError[] = []
  let n = 0
  let nModified = 0
  const run = async (statement: BsonDocument, index: number): Promise<boolean> => {
    try {
      const outcome = await runStatement(engine, namespace, statement)
      const inserted = Object.hasOwn(outcome, 'upserted')
      if (inserted) upserted.push({ index, _id: outcome.upserted })
      n += inserted ? 1 : outcome.matched
      nModified += outcome.modified
      return true
    } catch (error) {
      writeErrors.push(describeWriteError(index, error))
      return false
    }
  }
  if (body.ordered === false) {
    // What waits together shares transactions and their flushes; it is changed in the order of the statements all the same.
    for (let at = 0; at < statements.length; at += statementsAtOnce) {
      const some = statements.slice(at, at + statementsAtOnce)
      await Promise.all(some.map((statement, index) => run(statement, at + index)))
    }
    upserted.sort((one, other) => one.index - other.index)
    writeErrors.sort((one, other) => one.index - other.index)
  } else {
    for (const [index, statement] of statements.entries()) if (!(await run(statement, index))) break
  }
  return {
    n,
    nModified,
    ...(upserted.length > 0 ? { upserted } : {}),
    ...(writeErrors.length > 0 ? { writeErrors } : {}),
  }
}

export const updateCommands: CommandTable = {
  update: { fields: ['updates', 'ordered', 'bypassDocumentValidation'], run: runUpdate },
}
