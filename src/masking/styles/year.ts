import type { Mask } from '../mask.ts'

const date = /^\d{4}-\d{2}-\d{2}$/
const dateTime = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:\d{2})$/
const midnight = 'T00:00:00.000Z'

/** A year no person's record has, in the shape of the scalar. */
const fallback = '0001-01-01'

/**
 * `1990-01-01`, or `1990-01-01T00:00:00.000Z` for a time: the first day of the year, in UTC.
 *
 * Reveals the year. The birth year of the very old can identify them (HIPAA's safe harbour, 45 CFR 164.514(b)(2), groups ages
 * of 90 and more): hide the field where that matters. The fallback, with midnight for a time, for text that is no date.
 */
export const year: Mask = {
  version: 1,
  scalars: ['Date', 'DateTime'],
  reveals: 'The year, in UTC.',
  fallback,
  examples: [
    { value: '1990-07-14', masked: '1990-01-01' },
    { value: '2024-05-06T07:08:09.123Z', masked: '2024-01-01T00:00:00.000Z' },
  ],
  apply: (value) => {
    if (typeof value !== 'string') return fallback
    const suffix = /^.{10}[Tt]/.test(value) ? midnight : ''
    return (readFirstDay(value) ?? fallback) + suffix
  },
}

function readFirstDay(text: string): string | undefined {
  if (!date.test(text) && !dateTime.test(text)) return undefined
  // RFC 3339 writes a leap second as :60, which Date does not read.
  const instant = new Date(text.toUpperCase().replace(/:60(?=[.Z+-])/, ':59'))
  if (Number.isNaN(instant.getTime())) return undefined
  const utcYear = instant.getUTCFullYear()
  return utcYear < 1 || utcYear > 9999 ? undefined : `${String(utcYear).padStart(4, '0')}-01-01`
}
