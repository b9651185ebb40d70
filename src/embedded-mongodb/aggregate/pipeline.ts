import type { BsonDocument } from '../bson/document.ts'

/** Documents in pieces. */
export type Documents = AsyncIterable<readonly BsonDocument[]>

/** One step from documents to documents. */
export type Stage = (input: Documents) => Documents

/** What a stage needs of the server. */
export interface PipelineContext {
  /** Counts memory that a stage holds, in bytes. Throws MongoDB's error beyond the limit. */
  readonly account: (bytes: number) => void
  /** Reads another collection of the database. */
  readonly read: (collection: string, filter: BsonDocument) => Documents
  /** Compiles stages within a stage. */
  readonly compile: (stages: unknown) => Stage
}

export async function* fromArray(documents: readonly BsonDocument[]): Documents {
  await Promise.resolve()
  yield documents
}

/** A stage that makes of each document none, one or several. */
export function perDocument(convert: (document: BsonDocument) => readonly BsonDocument[]): Stage {
  return async function* (input) {
    for await (const documents of input) yield documents.flatMap(convert)
  }
}

/** A stage that needs to have seen all documents. */
export function perAll(
  convert: () => { add(document: BsonDocument): void; finish(): readonly BsonDocument[] },
): Stage {
  return async function* (input) {
    const state = convert()
    for await (const documents of input) for (const document of documents) state.add(document)
    yield state.finish()
  }
}
