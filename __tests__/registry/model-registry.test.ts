import { contractOf } from './contract.ts'
import { startModelRegistry } from './model-registry.ts'

contractOf('the model of a registry', () => startModelRegistry())
