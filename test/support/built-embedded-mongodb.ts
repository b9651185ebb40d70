import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The embedded server compiled to JavaScript, which is what a worker thread or another process can load. */
export interface BuiltEmbeddedMongodb {
  /** A folder with `embedded-mongodb/*.js`. */
  readonly folder: string
  remove(): Promise<void>
}

/** Compiles `src/embedded-mongodb` into a folder of its own. */
export async function buildEmbeddedMongodb(): Promise<BuiltEmbeddedMongodb> {
  const folder = await mkdtemp(join(tmpdir(), 'sealgate-built-mongodb-'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        rootDir: join(root, 'src'),
        outDir: folder,
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: [join(root, 'src/embedded-mongodb')],
    }),
  )
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the embedded server does not compile: ${stdout}`)
  return { folder, remove: () => rm(folder, { recursive: true }) }
}
