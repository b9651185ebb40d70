import { InvalidArgumentError } from 'commander'

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }
const longest = 366 * 86_400

/** Reads `90s`, `15m`, `1h` or `30d` as seconds. @throws InvalidArgumentError for anything else, and beyond a year */
export function parseLifetime(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? []
  const lifetime = Number(count) * (seconds[unit ?? ''] ?? Number.NaN)
  if (lifetime <= longest) return lifetime
  throw new InvalidArgumentError('Give a number and s, m, h or d, such as 1h or 30d; at most a year.')
}
