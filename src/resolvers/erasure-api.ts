import type { JobKind, JobParameters } from '../rotation/job.ts'
import { erasureOf } from '../rotation/erasure/erasure-tools.ts'
import { keyOfReceipt } from '../rotation/erasure/receipt-key.ts'
import { retentionRules } from '../rotation/erasure/retain-documents.ts'
import { GatewayError } from '../errors.ts'
import type { KeyAdministration } from './key-api.ts'
import type { RequestContext } from './request-context.ts'

/** The part of the API that is about erasures: of the same people as the one about keys, which are destroyed. */
export const erasureApiSdl = /* GraphQL */ `
  extend type Query {
    "What a job of eraseSubject ended with; null before that, and without apply."
    eraseReceipt(job: ID!): ErasureReceipt
  }

  extend type Mutation {
    "The end of a subject, in all models and for ever; without apply it only tells. No tenant: the viewer's own."
    eraseSubject(subject: ID!, tenant: String, apply: Boolean! = false): KeyJob
    "The end of documents that are older than @retain allows; without apply it only tells."
    eraseOldDocuments(apply: Boolean! = false): KeyJob
  }

  type ErasureReceipt {
    "A JSON Web Signature."
    receipt: String!
    "What it says, as JSON."
    statement: JSON!
    "What verifies it, as a JSON Web Key."
    publicKey: JSON!
  }
`

/** The operations of {@link erasureApiSdl} by their root. */
export const erasureOperations = {
  Query: ['eraseReceipt'],
  Mutation: ['eraseSubject', 'eraseOldDocuments'],
} as const

const longestSubject = 256

/** Starts a job as the viewer, and answers it. */
export type StartJob = <Kind extends JobKind>(
  kind: Kind,
  parameters: JobParameters[Kind],
  context: RequestContext,
) => Promise<object | null>

/** Resolvers by type, in the order of {@link erasureApiSdl}. */
export function createErasureResolvers({ jobs, tools }: KeyAdministration, start: StartJob) {
  return {
    Query: {
      eraseReceipt: async (_source: unknown, { job: id }: { job: string }) => {
        const job = await jobs.find(id)
        const { ledger, receiptKey } = erasureOf(tools)
        if (job?.kind !== 'erase' || receiptKey === undefined) return null
        const entry = await ledger.find(job.parameters.tenant, job.parameters.subject)
        const receipt = entry?.receipts.find((signed) => signed.job === id)?.text
        if (receipt === undefined) return null
        const statement: unknown = JSON.parse(
          Buffer.from(receipt.split('.')[1] ?? '', 'base64url').toString(),
        )
        return { receipt, statement, publicKey: await receiptKey.publicKey(keyOfReceipt(receipt)) }
      },
    },
    Mutation: {
      eraseSubject: (
        _source: unknown,
        { subject, tenant, apply }: EraseArguments,
        context: RequestContext,
      ) => {
        if (subject === '' || subject.length > longestSubject) {
          const message = `subject needs 1 to ${longestSubject} characters.`
          throw new GatewayError('BAD_USER_INPUT', { message, inputPath: 'subject' })
        }
        return start('erase', { tenant: tenant ?? context.decisions.tenant, subject, apply }, context)
      },
      eraseOldDocuments: (_source: unknown, { apply }: { apply: boolean }, context: RequestContext) =>
        start('retain', { rules: retentionRules(erasureOf(tools).collections), apply }, context),
    },
  }
}

interface EraseArguments {
  readonly subject: string
  readonly tenant?: string | null
  readonly apply: boolean
}
