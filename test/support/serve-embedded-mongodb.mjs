// Serves one folder from a process of its own: node serve-embedded-mongodb.mjs BUILT-FOLDER DATA-FOLDER
import { pathToFileURL } from 'node:url'

const [built, folder] = process.argv.slice(2)
const { startEmbeddedMongodb } = await import(pathToFileURL(`${built}/embedded-mongodb/index.js`).href)
try {
  const { uri } = await startEmbeddedMongodb({ folder })
  process.stdout.write(`${uri}\n`)
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
