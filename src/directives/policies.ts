import type {
  ErasureMode,
  KeyScope,
  KeyUnavailableAnswer,
  MaskStyle,
  ModelOperation,
  Normalizer,
  ValueFormat,
} from '../generated/directives.ts'

/** A rule by its name in the SDL, or a combination. `any` of an empty list never holds. */
export type RuleExpression =
  | { readonly kind: 'rule'; readonly name: string }
  | { readonly kind: 'any'; readonly rules: readonly RuleExpression[] }
  | { readonly kind: 'all'; readonly rules: readonly RuleExpression[] }

export interface AccessPolicy {
  readonly read: RuleExpression | undefined
  readonly create: RuleExpression | undefined
  readonly update: RuleExpression | undefined
  readonly delete: RuleExpression | undefined
}

export interface ListShape {
  readonly list: boolean
  /** The field, or the list, may not be null. */
  readonly required: boolean
  /** The items of the list may not be null. */
  readonly requiredItems: boolean
}

export type FieldType = ListShape &
  (
    | { readonly kind: 'scalar'; readonly name: ScalarName }
    | { readonly kind: 'enum'; readonly name: string; readonly values: readonly string[] }
    | { readonly kind: 'embedded'; readonly name: string }
    | { readonly kind: 'relation'; readonly name: string; readonly key: string }
  )

export const scalarNames = [
  'ID',
  'String',
  'Int',
  'Float',
  'Boolean',
  'BigInt',
  'Date',
  'DateTime',
  'JSON',
] as const
export type ScalarName = (typeof scalarNames)[number]

export type Protection =
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'encrypted'
      readonly keyType: string
      readonly scope: KeyScope
      readonly searchable: boolean
      readonly unique: boolean
      readonly normalize: readonly Normalizer[]
      readonly pad: boolean
      /** What those who may see it in clear get while its key is not available. */
      readonly onKeyUnavailable: KeyUnavailableAnswer
    }
  | {
      readonly kind: 'hashed'
      readonly tries: number
      /** Who of those who see the place may verify; absent: all of them. */
      readonly verify: RuleExpression | undefined
    }
  | { readonly kind: 'discarded' }

export interface MaskPolicy {
  readonly style: MaskStyle
  readonly step: number | undefined
  /** Who gets this mask; absent: everyone whom no earlier mask fits. */
  readonly for: RuleExpression | undefined
}

export interface FormatPolicy {
  readonly format: ValueFormat
  readonly when: { readonly field: string; readonly is: string } | undefined
}

export interface FieldPolicy {
  readonly name: string
  /** Such as `Customer.email`. */
  readonly coordinate: string
  /** Key in the stored object that holds the field. */
  readonly stored: string
  readonly type: FieldType
  readonly protection: Protection
  readonly masks: readonly MaskPolicy[]
  /** Who sees a masked field in clear. */
  readonly reveal: RuleExpression | undefined
  readonly access: AccessPolicy
  readonly index: { readonly unique: boolean } | undefined
  readonly formats: readonly FormatPolicy[]
  /** Stored in clear and about a person, so that an erasure takes it too. */
  readonly personal: boolean
}

export interface RetentionTime {
  /** Of the field. */
  readonly name: string
  readonly stored: string
  readonly type: 'Date' | 'DateTime'
}

/** When a document is too old to be kept. */
export interface RetentionPolicy {
  readonly days: number
  /** The time that its age counts from; absent: that of its id, which is when it was created. */
  readonly by: RetentionTime | undefined
}

export interface EmbeddedPolicy {
  readonly kind: 'embedded'
  readonly name: string
  /** Every stored object of the type has an `id`, because the type stands in a list or declares one. */
  readonly identified: boolean
  readonly fields: readonly FieldPolicy[]
}

export interface ModelPolicy {
  readonly kind: 'model'
  readonly name: string
  readonly collection: string
  readonly operations: ReadonlySet<ModelOperation>
  readonly access: AccessPolicy
  /** The field that says whose data a document is; absent: the document itself. */
  readonly subject: string | undefined
  /** What becomes of a document when its subject is erased, or when it is too old. */
  readonly erase: ErasureMode
  readonly retention: RetentionPolicy | undefined
  readonly fields: readonly FieldPolicy[]
}

export type TypePolicy = ModelPolicy | EmbeddedPolicy

/** Everything the SDL says, read once at start. Plain data: no GraphQL object, no function. */
export interface Policies {
  readonly models: ReadonlyMap<string, ModelPolicy>
  readonly embedded: ReadonlyMap<string, EmbeddedPolicy>
}

/** A field that some viewer of its parent may not see in clear, or that is not stored in clear. */
export function isProtected(field: FieldPolicy): boolean {
  return field.protection.kind !== 'plain' || field.masks.length > 0 || field.access.read !== undefined
}

/** A field that the database holds as ciphertext. */
export function isStoredSealed({ protection }: FieldPolicy): boolean {
  return protection.kind === 'encrypted' || protection.kind === 'hashed'
}

/** A field that an erasure takes from a document that stays. */
export function isErased(field: FieldPolicy): boolean {
  return field.personal || isProtected(field)
}

/** The stored name of a document's own bookkeeping. Fields of a schema never start with an underscore. */
export const stored = {
  id: '_id',
  tenant: '_tenant',
  subject: '_subject',
  revision: '_revision',
  /** When it was redacted; absent as long as it was not. */
  erased: '_erased',
} as const
