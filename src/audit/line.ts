import type { Anchor } from './anchor.ts'

/** The end of a chain as far as it goes: which record is the last, and its HMAC. Sequence 0 is the beginning. */
export interface ChainHead {
  readonly chain: string
  readonly sequence: number
  readonly hmac: Buffer
}

/** One record of a chain, as it is stored. */
export interface AuditRecord extends ChainHead {
  /** The stored bytes, as the text that they are in UTF-8. */
  readonly text: string
}

/** The registry's word on the beginning of a chain. The HMAC of the head authenticates all of it. */
export interface ChainOpening {
  readonly chain: string
  readonly at: string
  /** Key id of the chain key, in hex. */
  readonly keyId: string
  /** HMAC 0. */
  readonly hmac: Buffer
}

/** The registry's word on the end of a chain: by its writer, or by another for one that ended without. */
export interface ChainClosing {
  readonly chain: string
  readonly how: 'closed' | 'ended'
  readonly at: string
  readonly head: ChainHead
  readonly hmac: Buffer
}

/** Whatever a sink keeps, in the order in which it is written. */
export type AuditLine =
  | ({ readonly kind: 'opening' } & ChainOpening)
  | ({ readonly kind: 'record' } & AuditRecord)
  | ({ readonly kind: 'closing' } & ChainClosing)
  | ({ readonly kind: 'anchor' } & Anchor)

/** The line of a file, without its end. `docs/audit-format.md` has it to the byte. */
export function printLine(line: AuditLine): string {
  switch (line.kind) {
    case 'record': {
      const { chain, sequence, hmac, text } = line
      // The record comes last and as it is: a reader cuts its bytes out, any other tool reads the line as JSON.
      return `{"chain":"${chain}","sequence":${sequence},"hmac":"${hmac.toString('hex')}","record":${text}}`
    }
    case 'opening': {
      const { chain, at, keyId, hmac } = line
      return JSON.stringify({ chain, opened: { at, key: keyId, hmac: hmac.toString('hex') } })
    }
    case 'closing': {
      const { chain, how, at, head, hmac } = line
      const last = { sequence: head.sequence, head: head.hmac.toString('hex') }
      return JSON.stringify({ chain, closed: { how, at, ...last, hmac: hmac.toString('hex') } })
    }
    case 'anchor': {
      const { by, number, at, heads, root, hmac } = line
      const printed = heads.map((head) => ({ ...head, hmac: head.hmac.toString('hex') }))
      const parts = { by, number, at, heads: printed, root: root.toString('hex'), hmac: hmac.toString('hex') }
      return JSON.stringify({ anchor: parts })
    }
  }
}
