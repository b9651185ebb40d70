import { describe, expect, test } from '@jest/globals'

import { AuditLog } from '../../../src/audit/audit-log.ts'
import { createAnchorWebhook } from '../../../src/audit/anchor-webhook.ts'
import { readEvents } from '../../../src/audit/read-events.ts'
import { verifyArchive } from '../../../src/audit/verify/verify-archive.ts'
import type { AuditLine } from '../../../src/audit/line.ts'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KeyRing } from '../../../src/crypto/key-ring.ts'
import { FakeKeyProvider } from '../../support/fake-key-provider.ts'
import { createTestKeyRing, entryOf, MemoryAudit, writeChain } from '../../support/memory-audit.ts'
import { MemoryKeyStore } from '../../support/memory-key-store.ts'

/** Says that it failed for some writes that it kept in part, and for some that it kept whole. */
class DoubtfulAudit extends MemoryAudit {
  failures: ('nothing' | 'half' | 'whole')[] = []

  override async write(lines: readonly AuditLine[]): Promise<void> {
    const failure = this.failures.shift()
    const kept = failure === 'nothing' ? 0 : failure === 'half' ? Math.ceil(lines.length / 2) : lines.length
    const fresh = lines.slice(0, kept).filter((line) => !this.#has(line))
    await super.write(fresh)
    if (failure !== undefined) throw new Error('away')
  }

  #has(line: AuditLine): boolean {
    return line.kind === 'record' && this.records.some(({ sequence }) => sequence === line.sequence)
  }
}

describe('the audit log', () => {
  test('keeps its order, and loses nothing, through writes whose outcome nobody knows', async () => {
    const ring = createTestKeyRing()
    const audit = new DoubtfulAudit()
    audit.failures = ['half', 'whole', 'nothing', 'half', 'half', 'nothing']
    const changes: string[] = []
    const log = new AuditLog({
      ring,
      instance: 'test',
      outlets: [{ sink: audit }],
      onChange: (what, error) => changes.push(`${what} ${error === undefined ? 'back' : 'away'}`),
    })
    const outcomes: string[] = []
    for (let number = 0; number < 12; number += 1) {
      const two = [log.append(entryOf(`${number}a`)), log.append(entryOf(`${number}b`))]
      outcomes.push(...(await Promise.allSettled(two)).map(({ status }) => status))
    }
    expect(outcomes.filter((outcome) => outcome === 'rejected').length).toBeGreaterThan(4)
    await log.close(() => Promise.resolve())
    expect(changes[0]).toBe('memory away')
    const { findings, chains } = await verifyArchive(audit.archive, ring)
    expect({ findings, records: chains[0]?.records, state: chains[0]?.state }).toEqual({
      findings: [],
      records: 24,
      state: 'closed',
    })
  })

  test('keeps entries until their key can be had, and says meanwhile that they are not durable', async () => {
    const provider = new FakeKeyProvider()
    const ring = new KeyRing({ store: new MemoryKeyStore(), provider })
    const audit = new MemoryAudit()
    const log = new AuditLog({
      ring,
      instance: 'test',
      outlets: [{ sink: audit }],
      onChange: () => undefined,
    })
    provider.unreachable = true
    await expect(log.append(entryOf('1'))).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' })
    expect(log.failing).toBe(true)
    provider.unreachable = false
    await log.append(entryOf('2'))
    expect(log.failing).toBe(false)
    await log.close(() => Promise.resolve())
    const ids: string[] = []
    for await (const { documents } of readEvents(audit.archive, ring)) ids.push(documents?.[0]?.id ?? '')
    expect(ids).toEqual(['1', '2'])
  })

  test('is read back with who, what and whose, narrowed by time, coordinate and subject', async () => {
    const ring = createTestKeyRing()
    const audit = new MemoryAudit()
    await writeChain(ring, audit, 3)
    const read = async (filter: Parameters<typeof readEvents>[2]) => {
      const found = []
      for await (const event of readEvents(audit.archive, ring, filter)) found.push(event)
      return found
    }
    expect(await read({ subject: 'subject-2' })).toMatchObject([
      {
        viewer: 'viewer-1',
        tenant: 'acme',
        coordinate: 'Customer.email',
        outcome: 'clear',
        documents: [{ id: '2' }],
      },
    ])
    expect(await read({ coordinate: 'Customer' })).toHaveLength(3)
    expect(await read({ coordinate: 'Custom' })).toHaveLength(0)
    expect(await read({ until: '2020-01-01T00:00:00.000Z' })).toHaveLength(0)
    expect(await read({ since: '2020-01-01T00:00:00.000Z' })).toHaveLength(3)
  })
})

describe('an anchor that is posted', () => {
  test('is signed, and sent again until the receiver takes it', async () => {
    const received: { headers: IncomingHttpHeaders; body: string }[] = []
    const statuses = [500, 503, 200]
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () => {
        received.push({ headers: request.headers, body })
        response.writeHead(statuses[received.length - 1] ?? 200).end()
      })
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/anchors`
    const secret = Buffer.alloc(32, 's')
    const ring = createTestKeyRing()
    const audit = new MemoryAudit()
    await writeChain(ring, audit, 2)
    const [anchor] = audit.anchored
    if (anchor === undefined) throw new TypeError('no anchor')
    await createAnchorWebhook({ url, secret, delay: 1 }).put(anchor)
    expect(received).toHaveLength(3)
    for (const { headers, body } of received) {
      const signature = createHmac('sha256', secret).update(body).digest('hex')
      expect(headers['x-sealgate-signature']).toBe(`sha256=${signature}`)
      expect(JSON.parse(body).anchor.heads).toMatchObject([{ sequence: 2 }])
    }
    server.close()
    server.closeAllConnections()
    await expect(createAnchorWebhook({ url, secret, delay: 1 }).put(anchor)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
  })
})
