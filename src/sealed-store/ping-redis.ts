/** Resolves when the server answers, within two seconds; rejects otherwise. */
export async function pingRedis(url: string): Promise<void> {
  const { createClient } = await import('@redis/client')
  const client = createClient({
    url,
    socket: { connectTimeout: 2_000, socketTimeout: 2_000, reconnectStrategy: false },
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.ping()
  } finally {
    client.destroy()
  }
}
