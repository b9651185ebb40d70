/** What the benches use of two packages that come without types. */
declare module 'autocannon' {
  interface Options {
    readonly url: string
    readonly connections: number
    /** Seconds. */
    readonly duration: number
    readonly method: 'POST'
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }

  interface Result {
    readonly '2xx': number
    readonly non2xx: number
    readonly errors: number
    /** Seconds. */
    readonly duration: number
  }

  export default function autocannon(options: Options): Promise<Result>
}

declare module 'express' {
  import type { Server } from 'node:http'

  interface Application {
    use(path: string, ...handlers: unknown[]): void
    listen(port: number, host: string): Server
  }

  function express(): Application
  namespace express {
    function json(): unknown
  }
  export default express
}
