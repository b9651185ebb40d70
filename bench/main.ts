import { benchAudit } from './audit.ts'
import { benchDocument } from './document.ts'
import { benchExecutor } from './executor.ts'
import { benchField } from './field.ts'
import { benchHttp } from './http/http.ts'
import { benchImport } from './import/import.ts'
import { benchKeyTrips } from './key-trips.ts'
import { benchRotation } from './rotation.ts'
import { benchStart } from './start.ts'
import { benchStreams } from './streams.ts'

/** One row per bench, in the order of a whole run. */
const benches: Readonly<Record<string, () => Promise<void>>> = {
  field: benchField,
  document: benchDocument,
  streams: benchStreams,
  executor: benchExecutor,
  http: benchHttp,
  audit: benchAudit,
  keys: benchKeyTrips,
  rotation: benchRotation,
  import: benchImport,
  start: benchStart,
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(benches, name))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no bench ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.\n`,
  )
  process.exit(2)
}
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length === 0 || asked.includes(name)) await bench()
}
