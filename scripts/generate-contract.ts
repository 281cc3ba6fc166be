/** Writes src/contract.ts from action.yml, so that the inputs and their defaults have one home. */
import { readFileSync, writeFileSync } from 'node:fs'
import { contractSource } from './contract.ts'

const root = new URL('..', import.meta.url)
writeFileSync(
  new URL('src/contract.ts', root),
  contractSource(readFileSync(new URL('action.yml', root), 'utf8')),
)
