import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { base64Length, decodeBase64, encodeBase64 } from '../../../src/kms/vault/base64.ts'
import { JsonScanner, MalformedJson } from '../../../src/kms/vault/json-scanner.ts'

const bytes = fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array))

describe('base64 between buffers', () => {
  test('writes what Buffer writes, and nothing beside it', () => {
    fc.assert(
      fc.property(bytes, (source) => {
        const target = Buffer.alloc(base64Length(source.length) + 2, 0xaa)
        expect(encodeBase64(source, target, 1)).toBe(target.length - 1)
        expect(target.toString('latin1')).toBe(`\xaa${source.toString('base64')}\xaa`)
      }),
    )
  })

  test('reads back what it wrote', () => {
    fc.assert(
      fc.property(bytes, (source) => {
        const target = Buffer.alloc(source.length)
        expect(decodeBase64(Buffer.from(source.toString('base64')), target)).toBe(true)
        expect(target.equals(source)).toBe(true)
      }),
    )
  })

  test('accepts one text per value only, and leaves nothing of a refused one', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 44, maxLength: 44 }),
        fc.nat(31),
        fc.nat(255),
        (noise, at, byte) => {
          const canonical = Buffer.from(Buffer.from(noise.subarray(0, 32)).toString('base64'))
          const changed = Buffer.from(canonical)
          changed[at] = byte
          for (const text of [
            Buffer.from(noise),
            changed,
            canonical.subarray(1),
            Buffer.concat([canonical, canonical]),
          ]) {
            const target = Buffer.alloc(32, 1)
            const valid =
              text.equals(Buffer.from(Buffer.from(text.toString('latin1'), 'base64').toString('base64'))) &&
              text.length === 44 &&
              text[43] === 0x3d &&
              text[42] !== 0x3d
            expect(decodeBase64(text, target)).toBe(valid)
            if (!valid) expect(target.equals(Buffer.alloc(32))).toBe(true)
          }
        },
      ),
    )
  })
})

describe('JSON scanner', () => {
  test('skips any JSON to its end', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.nat(3), (text, indent) => {
        const scanner = new JsonScanner(Buffer.from(JSON.stringify(JSON.parse(text), undefined, indent)))
        scanner.skipValue()
        scanner.end()
      }),
    )
  })

  test('answers members and strings as they are written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (object) => {
        const scanner = new JsonScanner(Buffer.from(JSON.stringify(object)))
        const read: [string, string][] = []
        scanner.readObject((name) => {
          read.push([unquote(name), unquote(scanner.readString())])
        })
        scanner.end()
        expect(read).toEqual(Object.entries(object))
      }),
    )
  })

  test('refuses every beginning of an object that is not the whole', () => {
    const whole = Buffer.from('{"a":[1,{"b":"c\\"d"},null,-1.5e+3],"e":{}}')
    for (let length = 0; length < whole.length; length++) {
      const scanner = new JsonScanner(whole.subarray(0, length))
      expect(() => {
        scanner.skipValue()
        scanner.end()
      }).toThrow(MalformedJson)
    }
  })

  test('bounds nesting', () => {
    const nested = (depth: number): Buffer => Buffer.from('['.repeat(depth) + ']'.repeat(depth))
    expect(() => {
      new JsonScanner(nested(16)).skipValue()
    }).not.toThrow()
    expect(() => {
      new JsonScanner(nested(100_000)).skipValue()
    }).toThrow(MalformedJson)
  })
})

function unquote(written: Buffer): string {
  return JSON.parse(`"${written.toString()}"`) as string
}
