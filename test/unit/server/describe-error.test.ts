import { expect, test } from '@jest/globals'

import { GatewayError } from '../../../src/errors.ts'
import { describeError } from '../../../src/server/describe-error.ts'
import { translateError } from '../../../src/storage/translate-error.ts'

const value = '4111111111111111'

test('a line of a message that looks like a frame is no frame', () => {
  const hostile = new TypeError(`no number\n    at ${value} (card.js:1:1)\n    at ${value}`)
  expect(JSON.stringify(describeError(hostile))).not.toContain(value)
  expect(JSON.stringify(translateError(hostile).cause)).not.toContain(value)
})

test('a message that was changed after the stack was taken costs the frames, and shows nothing', () => {
  const changed = new Error(`\n    at ${value}`)
  expect(changed.stack).toContain(value)
  changed.message = 'another'
  expect(describeError(changed)).toEqual({ error: 'Error', frames: [] })
})

test('the frames of an error are kept', () => {
  const described = describeError(new GatewayError('LEAK_REFUSED', { coordinate: 'Person.email' }))
  expect(described).toMatchObject({ code: 'LEAK_REFUSED', coordinate: 'Person.email' })
  expect(String(described.frames)).toContain('describe-error.test.ts')
})
