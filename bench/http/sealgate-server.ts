import { graphqlPath } from '../../src/server/create-gateway.ts'
import { openPeopleGateway } from '../people/open-gateway.ts'
import { holdInMemory } from './hold-in-memory.ts'
import { serve } from './served.ts'

const { gateway, authorization, close } = await openPeopleGateway(
  { level: 'info' },
  process.argv.includes('--audited') ? { sinks: ['database'] } : 'off',
)
const [id = ''] = await holdInMemory(gateway.storage, 'Person')
const address = await gateway.app.listen({ host: '127.0.0.1', port: 0 })
serve({ url: `${address}${graphqlPath}`, id, authorization }, close)
