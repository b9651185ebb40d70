import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

import type { SealedEntries } from '../../src/sealed-store/sealed-entries.ts'

/** What every place for sealed entries does. */
export function describeSealedEntries(name: string, open: () => Promise<SealedEntries>): void {
  describe(`sealed entries in ${name}`, () => {
    let entries: SealedEntries

    beforeAll(async () => {
      entries = await open()
    })

    afterAll(() => entries.close())

    test('are bytes by name, any bytes, until they are deleted', async () => {
      const bytes = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte))
      expect(await entries.get('suite:one')).toBeUndefined()
      await entries.set('suite:one', bytes, 60_000)
      expect(await entries.get('suite:one')).toEqual(bytes)
      await entries.set('suite:one', Buffer.from('other'), 60_000)
      expect(await entries.get('suite:one')).toEqual(Buffer.from('other'))
      await entries.delete('suite:one')
      expect(await entries.get('suite:one')).toBeUndefined()
      await entries.delete('suite:one')
    })

    test('go when their time is over', async () => {
      await entries.set('suite:short', Buffer.from('bytes'), 20)
      await pause(60)
      expect(await entries.get('suite:short')).toBeUndefined()
    })
  })
}
