import { readEvents, type ReadEvent } from '../../src/audit/read-events.ts'
import { openAuditArchive } from '../../src/storage/open-audit-archive.ts'
import type { TestGateway } from './create-test-gateway.ts'

/** The events of a gateway's audit log in the database, in their order, with who and whose. */
export async function readAudit({ gateway, uri, database }: TestGateway): Promise<readonly ReadEvent[]> {
  const { archive, close } = await openAuditArchive({ uri, database })
  try {
    const events: ReadEvent[] = []
    for await (const event of readEvents(archive, gateway.keyRing)) events.push(event)
    return events
  } finally {
    await close()
  }
}
