import { startRegistry } from '../../sandbox/registry.ts'
import { contractOf } from './contract.ts'

contractOf('the registry of the distribution project', startRegistry)
