import type { GatewayProcess } from '../gateway-process.ts'

/** Asks a gateway over HTTP as the administrator. @throws when any part of the answer failed */
export async function ask<Data>(
  { url, tokens }: GatewayProcess,
  query: string,
  variables: object,
): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${tokens.Administrator ?? ''}`,
    },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as { data?: Data; errors?: unknown }
  if (data === undefined || errors !== undefined) {
    throw new Error(`The gateway answered ${response.status}: ${JSON.stringify(errors).slice(0, 400)}`)
  }
  return data
}
