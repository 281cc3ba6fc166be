/** Writes biome.imports.json, which biome.json extends, from the table of imports. */
import { writeFileSync } from 'node:fs'
import { importConfiguration } from './import-rules.ts'

writeFileSync(
  new URL('../biome.imports.json', import.meta.url),
  `${JSON.stringify(importConfiguration(), null, 2)}\n`,
)
