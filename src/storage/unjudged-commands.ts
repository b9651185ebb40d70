/**
 * Commands that store no value in a document, and so pass the write guard unjudged. A command that neither stands here nor
 * is one the guard can judge is refused: servers learn new ways to write.
 */
export const unjudgedCommands: ReadonlySet<string> = new Set([
  // Reading.
  'find',
  'getMore',
  'killCursors',
  'count',
  'distinct',
  'explain',
  'listDatabases',
  'listCollections',
  'listIndexes',
  // Removing, and what is around documents.
  'delete',
  'drop',
  'dropDatabase',
  'dropIndexes',
  'create',
  'createIndexes',
  'collMod',
  // Connections, sessions, transactions.
  'hello',
  'ismaster',
  'isMaster',
  'saslStart',
  'saslContinue',
  'authenticate',
  'ping',
  'startSession',
  'endSessions',
  'refreshSessions',
  'killSessions',
  'abortTransaction',
  'commitTransaction',
  // What a server says of itself.
  'buildInfo',
  'buildinfo',
  'collStats',
  'connectionStatus',
  'currentOp',
  'dbStats',
  'getParameter',
  'hostInfo',
  'replSetGetStatus',
  'serverStatus',
])
