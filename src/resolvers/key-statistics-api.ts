import type { KeyRingCounters } from '../crypto/key-ring.ts'
import type { DataKeyCount } from '../rotation/count-data-keys.ts'
import type { KeyAdministration } from './key-api.ts'

/** The part of the API that counts data keys, and what this gateway does with them. */
export const statisticsApiSdl = /* GraphQL */ `
  extend type Query {
    "How many data keys there are, and how this gateway uses them."
    keyStatistics: KeyStatistics
  }

  type KeyStatistics {
    "When the data keys were counted, at most an hour ago; null while they are counted for the first time."
    countedAt: String
    dataKeys: [DataKeyCount!]
    thisGateway: KeyUse!
  }

  "How many data keys of one key are in one state, over all tenants."
  type DataKeyCount {
    keyType: String!
    purpose: String!
    state: DataKeyState!
    count: Int!
    "Of these: past their maximum age."
    expired: Int!
    oldest: String!
    byVersion: [DataKeysUnderVersion!]!
  }

  enum DataKeyState {
    ENABLED
    DISABLED
    COMPROMISED
    "Terms are made under it, and nobody searches by it yet."
    INDEXING
    "Nobody searches by it any more, and its terms go."
    RETIRED
    "An erasure has begun."
    CLOSING
    DESTROYED
  }

  "Data keys under one version of the key service's key."
  type DataKeysUnderVersion {
    "Null: the key service does not say."
    version: Int
    count: Int!
  }

  "Whole numbers since the gateway that answers has started."
  type KeyUse {
    cacheHits: Float!
    cacheMisses: Float!
    keyRowReads: Float!
    wraps: Float!
    wrapCalls: Float!
    unwraps: Float!
    unwrapCalls: Float!
  }
`

/** The operations of {@link statisticsApiSdl}. */
export const statisticsOperations = ['keyStatistics'] as const

export function createStatisticsResolvers({ statistics, keyRing }: KeyAdministration) {
  return {
    keyStatistics: async () => {
      const counted = await statistics.dataKeys.latest()
      return {
        countedAt: counted?.at.toISOString() ?? null,
        dataKeys: counted?.value.map(describeCount) ?? null,
        thisGateway: describeUse(keyRing.counters),
      }
    },
  }
}

function describeCount({ state, oldest, kekVersions, ...count }: DataKeyCount): object {
  return {
    ...count,
    state: state.toUpperCase(),
    oldest: oldest.toISOString(),
    byVersion: Object.entries(kekVersions).map(([version, keys]) => ({
      version: version === 'unknown' ? null : Number(version),
      count: keys,
    })),
  }
}

function describeUse(counters: KeyRingCounters): object {
  const { hits, misses, finds, wraps, wrapTrips, unwraps, unwrapTrips } = counters
  return {
    cacheHits: hits,
    cacheMisses: misses,
    keyRowReads: finds,
    wraps,
    wrapCalls: wrapTrips,
    unwraps,
    unwrapCalls: unwrapTrips,
  }
}
