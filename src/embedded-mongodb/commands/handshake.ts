import { arch, cpus, hostname, platform, totalmem } from 'node:os'
import { Int32, Long, ObjectId } from 'bson'
import { CommandError } from '../command-error.ts'
import { maxDocumentBytes } from '../bson/document.ts'
import { maxMessageBytes } from '../wire/wire-message.ts'
import type { CommandReply, CommandRequest, CommandTable } from './command.ts'

/** The server this one behaves like. */
export const version = '7.0.0'
const wireVersion = 21

const processId = new ObjectId()

function hello({ connectionId }: CommandRequest): CommandReply {
  return {
    helloOk: true,
    ismaster: true,
    isWritablePrimary: true,
    maxBsonObjectSize: maxDocumentBytes,
    maxMessageSizeBytes: maxMessageBytes,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId,
    minWireVersion: 0,
    maxWireVersion: wireVersion,
    readOnly: false,
  }
}

const helloCommand = {
  fields: [
    ...['client', 'compression', 'loadBalanced', 'topologyVersion', 'maxAwaitTimeMS', 'hostInfo'],
    ...['saslSupportedMechs', 'speculativeAuthenticate', 'backpressure'],
  ],
  run: hello,
}

function buildInfo(): CommandReply {
  return {
    version,
    versionArray: [7, 0, 0, 0],
    gitVersion: 'embedded',
    modules: [],
    javascriptEngine: 'none',
    bits: 64,
    debug: false,
    maxBsonObjectSize: maxDocumentBytes,
    storageEngines: ['lmdb'],
  }
}

const done = (): CommandReply => ({})

const noAuthentication = {
  fields: ['mechanism', 'payload', 'options', 'conversationId', 'autoAuthorize', 'user', 'db'],
  run: (): CommandReply => {
    throw new CommandError('AuthenticationFailed', 'The embedded server has no users')
  },
}

/** What drivers and tools ask before they ask for data. */
export const handshakeCommands: CommandTable = {
  hello: helloCommand,
  isMaster: helloCommand,
  ismaster: helloCommand,
  ping: { fields: [], run: done },
  buildInfo: { fields: [], run: buildInfo },
  buildinfo: { fields: [], run: buildInfo },
  endSessions: { fields: [], run: done },
  refreshSessions: { fields: [], run: done },
  killSessions: { fields: [], run: done },
  startSession: {
    fields: [],
    run: () => ({ id: { id: new ObjectId() }, timeoutMinutes: new Int32(30) }),
  },
  whatsmyuri: { fields: [], run: () => ({ you: '127.0.0.1:0' }) },
  connectionStatus: {
    fields: ['showPrivileges'],
    run: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } }),
  },
  getParameter: {
    fields: ['featureCompatibilityVersion', 'allParameters'],
    run: ({ body }) =>
      body.featureCompatibilityVersion === undefined && body.getParameter !== '*'
        ? {}
        : { featureCompatibilityVersion: { version: '7.0' } },
  },
  getCmdLineOpts: { fields: [], run: () => ({ argv: [], parsed: {} }) },
  getLog: { fields: [], run: () => ({ totalLinesWritten: 0, log: [] }) },
  hostInfo: {
    fields: [],
    run: () => ({
      system: {
        currentTime: new Date(),
        hostname: hostname(),
        cpuArch: arch(),
        numCores: cpus().length,
        memSizeMB: Math.round(totalmem() / 2 ** 20),
      },
      os: { type: platform(), name: platform(), version: '' },
      extra: {},
    }),
  },
  serverStatus: {
    fields: [],
    run: ({ engine }) => ({
      host: hostname(),
      version,
      process: 'sealgate-embedded',
      pid: Long.fromNumber(process.pid),
      uptime: (Date.now() - engine.startedAt) / 1000,
      localTime: new Date(),
      connections: { current: 1, available: 1000 },
      mem: { resident: Math.round(process.memoryUsage.rss() / 2 ** 20) },
      metrics: { cursor: { open: { total: engine.cursors.count } } },
      storageEngine: { name: 'lmdb' },
      processId,
    }),
  },
  saslStart: noAuthentication,
  saslContinue: noAuthentication,
  authenticate: noAuthentication,
}
