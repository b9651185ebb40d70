import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'

const source = new URL('../../../src/', import.meta.url)
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

function importersOf(module: string): string[] {
  const specifier = new RegExp(`from '[^']*\\b${module}\\.ts'`)
  return files.filter((file) => specifier.test(readFileSync(new URL(file, source), 'utf8')))
}

describe('no caller chooses a nonce', () => {
  test('only the field cipher draws nonces', () => {
    expect(importersOf('nonces')).toEqual(['crypto/field-cipher.ts'])
  })

  test('only the table of suites reaches an AEAD, which takes one', () => {
    expect(importersOf('crypto/aead|/aead')).toEqual(['crypto/suites.ts'])
  })

  test('only the two ciphers and the stored form use the table for more than a type', () => {
    const users = importersOf('suites').filter((file) => {
      const imports = /import (type )?\{([^}]*)\} from '[^']*suites\.ts'/.exec(
        readFileSync(new URL(file, source), 'utf8'),
      )
      return imports?.[1] === undefined
    })
    expect(users.sort()).toEqual([
      'crypto/ciphertext.ts',
      'crypto/field-cipher.ts',
      'crypto/stream/chunk-cipher.ts',
    ])
  })
})
