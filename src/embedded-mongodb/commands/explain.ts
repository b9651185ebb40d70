import { CommandError } from '../command-error.ts'
import { isPlainObject } from '../bson/canonical-type.ts'
import type { BsonDocument } from '../bson/document.ts'
import { findCollection } from '../engine.ts'
import { predicateOf } from '../query/find-documents.ts'
import { type Access, type Plan, planQuery } from '../query/plan.ts'
import { endOfSlice, nextTurn, Scan } from '../query/scan.ts'
import { parseSort } from '../query/sort.ts'
import type { Collection } from '../storage/collection.ts'
import { type CommandReply, type CommandRequest, type CommandTable, countOf, objectOf } from './command.ts'
import { version } from './handshake.ts'

function describeAccess(access: Access, filter: BsonDocument): BsonDocument {
  const direction = access.reverse ? 'backward' : 'forward'
  if (access.index === undefined) {
    if (!access.bounded) return { stage: 'COLLSCAN', filter, direction }
    return { stage: 'FETCH', filter, inputStage: describeScan('_id_', { _id: 1 }, false, direction) }
  }
  const { name, key, multikey, unique, sparse } = access.index
  const inputStage = { ...describeScan(name, key, multikey, direction), isUnique: unique, isSparse: sparse }
  return { stage: 'FETCH', filter, inputStage }
}

function describeScan(
  indexName: string,
  keyPattern: BsonDocument,
  isMultiKey: boolean,
  direction: string,
): BsonDocument {
  return { stage: 'IXSCAN', keyPattern, indexName, isMultiKey, direction }
}

function describePlan({ accesses, sorted }: Plan, filter: BsonDocument, sort: BsonDocument): BsonDocument {
  const inputStages = accesses.map((access) => describeAccess(access, filter))
  const scan = inputStages.length === 1 ? (inputStages[0] ?? {}) : { stage: 'OR', inputStages }
  return sorted ? scan : { stage: 'SORT', sortPattern: sort, inputStage: scan }
}

/** Walks until so many documents were found. */
async function execute(scan: Scan, limit: number): Promise<number> {
  let found = 0
  for (;;) {
    found += scan.take(Math.min(1000, limit - found), endOfSlice()).length
    if (scan.done || found >= limit) return found
    await nextTurn()
  }
}

interface ExplainedQuery {
  readonly name: string
  readonly filter: BsonDocument
  readonly sort: BsonDocument
  readonly hint: unknown
  readonly skip?: number
  /** Absent or 0: no limit. */
  readonly limit?: number
}

/** The parts of a command that decide its plan, and how far it is walked. */
function queryOf(command: BsonDocument): ExplainedQuery {
  const [verb = ''] = Object.keys(command)
  const name = String(command[verb])
  const first = (list: unknown): BsonDocument => objectOf(Array.isArray(list) ? list[0] : undefined, verb)
  switch (verb) {
    case 'find':
      return {
        name,
        filter: objectOf(command.filter, 'filter'),
        sort: objectOf(command.sort, 'sort'),
        hint: command.hint,
        skip: countOf(command.skip, 'skip'),
        limit: countOf(command.limit, 'limit'),
      }
    case 'count':
    case 'distinct':
    case 'findAndModify':
      return {
        name,
        filter: objectOf(command.query, 'query'),
        sort: objectOf(command.sort, 'sort'),
        hint: command.hint,
      }
    case 'update':
    case 'delete': {
      const statement = first(command[verb === 'update' ? 'updates' : 'deletes'])
      return { name, filter: objectOf(statement.q, 'q'), sort: {}, hint: statement.hint }
    }
    case 'aggregate':
      return {
        name,
        filter: objectOf(first(command.pipeline).$match, '$match'),
        sort: {},
        hint: command.hint,
      }
    default:
      throw new CommandError('CommandNotSupported', `Explain is not supported for ${verb}`)
  }
}

async function runExplain({ body, engine, database }: CommandRequest): Promise<CommandReply> {
  if (!isPlainObject(body.explain)) throw new CommandError('TypeMismatch', 'explain needs a command')
  const { name, filter, sort, hint, skip = 0, limit = 0 } = queryOf(body.explain)
  const collection: Collection | undefined = findCollection(engine, { database, name })
  const namespace = `${database}.${name}`
  const queryPlanner = { namespace, parsedQuery: filter, rejectedPlans: [] }
  const serverInfo = { version }
  if (collection === undefined) {
    return {
      queryPlanner: { ...queryPlanner, winningPlan: { stage: 'EOF' } },
      command: body.explain,
      serverInfo,
    }
  }
  const plan = planQuery(engine.store, collection, filter, parseSort(sort), hint)
  const winningPlan = describePlan(plan, filter, sort)
  const planned = { queryPlanner: { ...queryPlanner, winningPlan }, command: body.explain, serverInfo }
  if (body.verbosity === 'queryPlanner') return planned
  const scan = new Scan(engine.store, collection, plan, predicateOf(filter))
  const started = performance.now()
  const end = limit === 0 ? Infinity : skip + limit
  const found = await execute(scan, plan.sorted ? end : Infinity)
  const nReturned = Math.max(0, Math.min(found, end) - skip)
  const executionTimeMillis = Math.round(performance.now() - started)
  const { examined } = scan
  return {
    ...planned,
    executionStats: {
      executionSuccess: true,
      nReturned,
      executionTimeMillis,
      totalKeysExamined: winningPlan.stage === 'COLLSCAN' ? 0 : examined,
      totalDocsExamined: examined,
      executionStages: winningPlan,
    },
  }
}

export const explainCommands: CommandTable = { explain: { fields: ['verbosity'], run: runExplain } }
