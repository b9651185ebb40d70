import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createLocalJWKSet, createRemoteJWKSet } from 'jose'
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { GatewayError } from '../errors.ts'

/** Public-key signatures only: with a shared secret whoever verifies tokens could also make them. */
export const tokenAlgorithms = ['EdDSA', 'ES256', 'RS256', 'PS256'] as const
export type TokenAlgorithm = (typeof tokenAlgorithms)[number]

/** Where the issuer's public keys come from. */
export type VerificationKeys =
  | {
      readonly from: 'pem'
      readonly pem: string
      /** Default: what fits the key; an RSA key then takes RS256 and PS256. */
      readonly algorithms?: readonly TokenAlgorithm[]
    }
  | {
      readonly from: 'jwk-set'
      /** The text of a JWK set (RFC 7517). A key's `alg`, where present, is the only one it takes. */
      readonly json: string
      readonly algorithms?: readonly TokenAlgorithm[]
    }
  | {
      readonly from: 'url'
      /** An https URL, or http to this machine. Redirects are not followed. */
      readonly url: string
      readonly algorithms?: readonly TokenAlgorithm[]
    }

export interface KeyLookup {
  readonly algorithms: readonly TokenAlgorithm[]
  /** Finds the key of a token by `kid` and `alg` among the configured ones; no header names any other place. */
  readonly findKey: JWTVerifyGetKey
}

/** Throws `CONFIGURATION_INVALID` for keys that could not be trusted with what they are for. */
export const createKeyLookup = (keys: VerificationKeys): KeyLookup => {
  if (keys.from === 'pem') return lookUpPem(keys.pem, keys.algorithms ?? tokenAlgorithms)
  const algorithms = keys.algorithms ?? tokenAlgorithms
  if (algorithms.length === 0) throw invalid('No algorithm is allowed for the token keys.')
  return keys.from === 'jwk-set'
    ? { algorithms, findKey: createLocalJWKSet(parseJwkSet(keys.json)) }
    : { algorithms, findKey: createRemoteJWKSet(parseUrl(keys.url)) }
}

const lookUpPem = (pem: string, allowed: readonly TokenAlgorithm[]): KeyLookup => {
  if (pem.includes('PRIVATE KEY')) throw invalid('The token key must be a public key; this is a private one.')
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    throw invalid('The token key is not a public key in PEM form.')
  }
  const fitting = algorithmsOf(key)
  const algorithms = allowed.filter((algorithm) => fitting.includes(algorithm))
  if (algorithms.length === 0) throw invalid('The token key fits none of the allowed algorithms.')
  return { algorithms, findKey: () => key }
}

const algorithmsOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly TokenAlgorithm[] => {
  if (asymmetricKeyType === 'ed25519') return ['EdDSA']
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return ['ES256']
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048)
    return ['RS256', 'PS256']
  return []
}

const parseJwkSet = (json: string): JSONWebKeySet => {
  let set: unknown
  try {
    set = JSON.parse(json)
  } catch {
    throw invalid('The JWK set of the token keys is not JSON.')
  }
  if (!isJwkSet(set)) throw invalid('The JWK set of the token keys holds no keys.')
  if (set.keys.some((key) => key.d !== undefined || key.k !== undefined))
    throw invalid('The JWK set of the token keys must hold public keys only.')
  return set
}

const isJwkSet = (set: unknown): set is JSONWebKeySet =>
  typeof set === 'object' &&
  set !== null &&
  'keys' in set &&
  Array.isArray(set.keys) &&
  set.keys.length > 0 &&
  set.keys.every((key) => typeof key === 'object' && key !== null)

const parseUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '')
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback)) return url
  throw invalid('The URL of the token keys must be https.')
}

const invalid = (message: string): GatewayError => new GatewayError('CONFIGURATION_INVALID', { message })
