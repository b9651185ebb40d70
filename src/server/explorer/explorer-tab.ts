/** One tab of the explorer: a query together with who sends it. */
export interface ExplorerTab {
  /** Who asks, as shown to people: `Administrator`. */
  readonly name: string
  /** What this viewer gets to see, in one short sentence. */
  readonly description?: string
  /** GraphiQL names the tab after the operation, so let it say who asks: `query AsAdministrator { … }`. */
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  /** Sent with the query; without `authorization` the tab asks anonymously. */
  readonly headers?: Readonly<Record<string, string>>
}
