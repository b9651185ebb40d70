/** Three states of a field for a viewer, never two. */
export type Outcome =
  | { readonly state: 'hidden' }
  | { readonly state: 'masked'; /** Position in the field's masks. */ readonly mask: number }
  | {
      readonly state: 'clear'
      /** Position of the mask that stands in for the value while its key is not available. */
      readonly standIn?: number
    }

/** What a viewer sees of a field in rows of their own, and in all others. */
export interface FieldDecision {
  readonly own: Outcome
  readonly other: Outcome
}

/** `own`: only rows whose subject is the viewer's. */
export type RowScope = 'all' | 'own' | 'none'

export type ModelAction = 'read' | 'create' | 'update' | 'delete'

/**
 * What one viewer may do, decided once per token. The port between what the SDL words do and who decides:
 * `src/permissions` implements it.
 */
export interface Decisions {
  /** The viewer's own subject, which `own` compares with. */
  readonly subject: string | undefined
  readonly tenant: string
  rows(model: string, action: ModelAction): RowScope
  /** @param coordinate - of a protected field */
  field(coordinate: string): FieldDecision
  /** In which rows the field may be filtered and sorted by: where it may be seen in clear. */
  input(coordinate: string): RowScope
  /** In which of the rows where its place may be seen a value of a hashed field may be tried. */
  verify(coordinate: string): RowScope
  /** Whether the field may be written on creation or update of a row that is or is not the viewer's. */
  write(coordinate: string, action: 'create' | 'update', owns: boolean): boolean
}
