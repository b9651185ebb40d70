export interface CustomerInput {
  readonly fullName: string
  /** Unique in one run. */
  readonly email: string
  /** E.164. */
  readonly phone: string
  readonly address: {
    readonly street: string
    readonly city: string
    readonly postalCode: string
    /** ISO 3166-1 alpha-2. */
    readonly country: string
  }
  readonly nationalId: string
  /** `YYYY-MM-DD`. */
  readonly birthDate: string
  readonly income: number
  readonly cards: readonly {
    /** A test number with a valid Luhn digit. */
    readonly number: string
    readonly holder: string
    /** `MM/YY`. */
    readonly expiry: string
  }[]
  readonly bankAccounts: readonly {
    /** A valid IBAN. */
    readonly cuentaNumero: string
    readonly bank: string
  }[]
}

/**
 * Realistic customers of five countries, made up one at a time. The same seed always gives the same customers in the same order, whatever the count.
 *
 * @throws RangeError for a seed that is no 32-bit whole number, or a count that is no whole number from 0 on; at the first customer.
 */
export function generateCustomers(options: {
  readonly seed: number
  readonly count: number
}): Generator<CustomerInput, void, void>
