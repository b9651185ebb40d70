import { setImmediate as nextTurn } from 'node:timers/promises'

import { expect, test } from '@jest/globals'

import { Reading } from '../../../src/rotation/reading.ts'

test('many who ask at once cause one reading, and the next comes when it is old', async () => {
  let reads = 0
  const reading = new Reading({
    read: () => Promise.resolve((reads += 1)),
    freshMs: 0,
    onFailure: () => undefined,
  })
  const answers = await Promise.all([reading.latest(), reading.latest(), reading.latest()])
  expect(answers.map((answer) => answer?.value)).toEqual([1, 1, 1])
  expect((await reading.latest())?.value).toBe(2)
})

test('what is fresh is not read again', async () => {
  let reads = 0
  const reading = new Reading({
    read: () => Promise.resolve((reads += 1)),
    freshMs: 60_000,
    onFailure: () => undefined,
  })
  await reading.latest()
  expect((await reading.latest())?.value).toBe(1)
})

test('who asks while a long reading runs has the last value, or none', async () => {
  const ends: ((value: string) => void)[] = []
  const reading = new Reading({
    read: () => new Promise<string>((resolve) => ends.push(resolve)),
    freshMs: 0,
    patienceMs: 1,
    onFailure: () => undefined,
  })
  expect(await reading.latest()).toBeUndefined()
  ends[0]?.('first')
  await nextTurn()
  expect((await reading.latest())?.value).toBe('first')
  expect(ends).toHaveLength(2)
})

test('a reading that fails leaves the last value, is told of, and is tried again', async () => {
  const failures: unknown[] = []
  let fails = false
  const reading = new Reading({
    read: () => (fails ? Promise.reject(new Error('down')) : Promise.resolve('value')),
    freshMs: 0,
    onFailure: (error) => failures.push(error),
  })
  await reading.latest()
  fails = true
  expect((await reading.latest())?.value).toBe('value')
  expect(failures).toHaveLength(1)
  fails = false
  expect((await reading.latest())?.value).toBe('value')
  expect(failures).toHaveLength(1)
})
