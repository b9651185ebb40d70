import type { AuditLine, ChainHead } from './line.ts'

const recordLine =
  /^\{"chain":"([\w.-]+@[\w-]+)","sequence":(\d{1,15}),"hmac":"([0-9a-f]{64})","record":(\{.*\})\}$/s

/**
 * Reads a line of a file, spool or webhook. Undefined for anything that is none, such as a line of another log or one that
 * a crash cut short: what is missing then is found by the chain.
 */
export function parseLine(text: string): AuditLine | undefined {
  const [, chain, sequence, hmac, record] = recordLine.exec(text) ?? []
  if (chain !== undefined && hmac !== undefined && record !== undefined) {
    return { kind: 'record', chain, sequence: Number(sequence), hmac: fromHex(hmac), text: record }
  }
  if (!text.startsWith('{"chain":') && !text.startsWith('{"anchor":')) return undefined
  try {
    return parseOther(JSON.parse(text) as Fields)
  } catch {
    return undefined
  }
}

type Fields = Readonly<Record<string, unknown>>

function parseOther({ chain, opened, closed, anchor }: Fields): AuditLine | undefined {
  if (isFields(opened)) {
    const { at, key, hmac } = opened
    const hmacBytes = fromHex(text(hmac))
    return { kind: 'opening', chain: text(chain), at: text(at), keyId: text(key), hmac: hmacBytes }
  }
  if (isFields(closed)) {
    const { how, at, sequence, head, hmac } = closed
    if (how !== 'closed' && how !== 'ended') return undefined
    const last = { chain: text(chain), sequence: whole(sequence), hmac: fromHex(text(head)) }
    return { kind: 'closing', chain: text(chain), how, at: text(at), head: last, hmac: fromHex(text(hmac)) }
  }
  if (!isFields(anchor) || !Array.isArray(anchor.heads)) return undefined
  const { by, number, at, heads, root, hmac } = anchor
  return {
    kind: 'anchor',
    by: text(by),
    number: whole(number),
    at: text(at),
    heads: heads.map(parseHead),
    root: fromHex(text(root)),
    hmac: fromHex(text(hmac)),
  }
}

function parseHead(value: unknown): ChainHead {
  if (!isFields(value)) throw new TypeError('no head')
  return { chain: text(value.chain), sequence: whole(value.sequence), hmac: fromHex(text(value.hmac)) }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('no text')
  return value
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError('no number')
  return value as number
}

function fromHex(value: string): Buffer {
  return Buffer.from(value, 'hex')
}
