import type { KeyUnavailableAnswer } from '../generated/directives.ts'
import type { FieldPolicy } from './policies.ts'

/** What a viewer gets in the place of a value whose key is not available, other than an error. */
export class StandIn {
  readonly shown: Exclude<KeyUnavailableAnswer, 'ERROR'>
  /** Null, or what was released of the mask. */
  readonly value: unknown

  constructor(shown: StandIn['shown'], value: unknown) {
    this.shown = shown
    this.value = value
  }
}

/** What a field answers to those who may see it in clear, while its key is not available. */
export function answerWithoutKey({ protection }: FieldPolicy): KeyUnavailableAnswer {
  return protection.kind === 'encrypted' ? protection.onKeyUnavailable : 'ERROR'
}
