import type mongoose from 'mongoose'

/** Milliseconds after which a heartbeat is one that will never end: all of the driver's own limits have passed by then. */
const patienceMs = 15_000

/**
 * Connects a client anew when a heartbeat of its driver neither succeeds nor fails. Without one the driver takes its server
 * for unavailable for ever: mongodb 7.8 waits for a `drain` that never comes when it writes to a socket that has just been
 * destroyed, which happens where a server dies as a heartbeat begins.
 *
 * @returns stops watching
 */
export function watchHeartbeats(client: mongoose.mongo.MongoClient, patience = patienceMs): () => void {
  const begun = new Map<string, number>()
  const begin = ({ connectionId }: { readonly connectionId: string }): void => {
    begun.set(connectionId, performance.now())
  }
  const end = ({ connectionId }: { readonly connectionId: string }): void => {
    begun.delete(connectionId)
  }
  client.on('serverHeartbeatStarted', begin)
  client.on('serverHeartbeatSucceeded', end)
  client.on('serverHeartbeatFailed', end)
  let connecting = false
  const timer = setInterval(() => {
    const now = performance.now()
    if (connecting || [...begun.values()].every((since) => now - since < patience)) return
    connecting = true
    begun.clear()
    void client
      .close()
      .then(() => client.connect())
      .catch(() => undefined)
      .finally(() => {
        connecting = false
      })
  }, patience / 5).unref()
  return () => {
    clearInterval(timer)
  }
}
