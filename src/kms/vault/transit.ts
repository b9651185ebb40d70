import type { KeyOutcome, UnwrapItem, WrapItem } from '../../crypto/key-provider.ts'
import { GatewayError } from '../../errors.ts'
import {
  decodeDecryptBatch,
  decodeEncryptBatch,
  encodeDecryptBatch,
  encodeEncryptBatch,
  encodeRewrapBatch,
  isWrappedKey,
  maximumAnswerLength,
} from './batch.ts'
import type { VaultAnswer, VaultClient } from './client.ts'
import { MalformedJson } from './json-scanner.ts'
import type { VaultSession } from './session.ts'

/** Items per request; more travel in parallel. */
const batchLength = 1_000

interface Operation<Item> {
  readonly name: 'encrypt' | 'decrypt' | 'rewrap'
  readonly encode: (items: readonly Item[]) => Buffer
  readonly decode: (answer: Buffer, count: number) => KeyOutcome[]
}

const encrypt: Operation<WrapItem> = {
  name: 'encrypt',
  encode: encodeEncryptBatch,
  decode: decodeEncryptBatch,
}

const decrypt: Operation<UnwrapItem> = {
  name: 'decrypt',
  encode: encodeDecryptBatch,
  decode: decodeDecryptBatch,
}

// Its answers have the form of those to `encrypt`.
const rewrap: Operation<UnwrapItem> = {
  name: 'rewrap',
  encode: encodeRewrapBatch,
  decode: decodeEncryptBatch,
}

/** The calls that carry keys, over a key that is known to exist: `encrypt` may create one that does not. */
export class Transit {
  readonly #client: VaultClient
  readonly #session: VaultSession
  readonly #mountPath: string

  constructor(client: VaultClient, session: VaultSession, mountPath: string) {
    this.#client = client
    this.#session = session
    this.#mountPath = mountPath
  }

  encrypt(keyName: string, items: readonly WrapItem[]): Promise<KeyOutcome[]> {
    return this.#runBatches(encrypt, keyName, items)
  }

  decrypt(keyName: string, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    return this.#runFormed(decrypt, keyName, items)
  }

  rewrap(keyName: string, items: readonly UnwrapItem[]): Promise<KeyOutcome[]> {
    return this.#runFormed(rewrap, keyName, items)
  }

  /** What has not the form of a wrapped key never reaches Vault. */
  async #runFormed(
    operation: Operation<UnwrapItem>,
    keyName: string,
    items: readonly UnwrapItem[],
  ): Promise<KeyOutcome[]> {
    const formed = items.filter(({ wrapped }) => isWrappedKey(wrapped))
    const outcomes = (await this.#runBatches(operation, keyName, formed)).values()
    return items.map(({ wrapped }): KeyOutcome => {
      const outcome = isWrappedKey(wrapped) ? outcomes.next() : undefined
      return outcome?.done === false ? outcome.value : { ok: false, reason: 'INVALID' }
    })
  }

  /** The items of a batch that failed are unavailable. When every batch failed, the call did. */
  async #runBatches<Item>(
    operation: Operation<Item>,
    keyName: string,
    items: readonly Item[],
  ): Promise<KeyOutcome[]> {
    const batches: (readonly Item[])[] = []
    for (let at = 0; at < items.length; at += batchLength) batches.push(items.slice(at, at + batchLength))
    const results = await Promise.all(batches.map((batch) => this.#runBatch(operation, keyName, batch)))
    const failures = results.filter((result) => result instanceof GatewayError)
    if (failures[0] !== undefined && failures.length === batches.length) throw failures[0]
    return results.flatMap((result, index) =>
      result instanceof GatewayError
        ? (batches[index] ?? []).map((): KeyOutcome => ({ ok: false, reason: 'UNAVAILABLE' }))
        : result,
    )
  }

  async #runBatch<Item>(
    { name, encode, decode }: Operation<Item>,
    keyName: string,
    batch: readonly Item[],
  ): Promise<KeyOutcome[] | GatewayError> {
    const body = encode(batch)
    try {
      const answer = await this.#post(`${this.#mountPath}/${name}/${keyName}`, body, batch.length)
      try {
        // Vault answers 400 when all items failed, with an outcome for each, and when the batch did, without.
        return answer.status === 200 || answer.status === 400
          ? decode(answer.body, batch.length)
          : unavailable(`Vault answered ${answer.status} to ${name} with ${keyName}.`)
      } catch (error) {
        if (!(error instanceof MalformedJson)) throw error
        return unavailable(
          answer.status === 200
            ? `Vault answered ${name} with ${keyName} by something else than its outcomes.`
            : `Vault answered ${answer.status} to ${name} with ${keyName}.`,
        )
      } finally {
        answer.body.fill(0)
      }
    } catch (error) {
      if (error instanceof GatewayError) return error
      throw error
    } finally {
      body.fill(0)
    }
  }

  async #post(path: string, body: Buffer, count: number): Promise<VaultAnswer> {
    const token = await this.#session.token()
    const request = { method: 'POST' as const, path, body, maximum: maximumAnswerLength(count) }
    const answer = await this.#client.send({ ...request, token })
    if (answer.status !== 403 || !(await this.#session.recover(token))) return answer
    return this.#client.send({ ...request, token: await this.#session.token() })
  }
}

function unavailable(message: string): GatewayError {
  return new GatewayError('KEY_UNAVAILABLE', { message })
}
