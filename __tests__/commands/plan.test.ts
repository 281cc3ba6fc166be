import { expect, test } from 'vitest'
import { plan } from '../../src/commands/plan.ts'
import { validateRequest } from '../../src/inputs/request.ts'
import { RunJournal } from '../../src/report/journal.ts'
import { outputsOf } from '../../src/report/outputs.ts'
import { recordingLog } from '../gates/surroundings.ts'
import { runIn, temporaryFolder, textsWith, write } from '../inputs/order.ts'

const policy = 'final: X.Y.Z -> X.Y.Z X.Y | X.Y.Z-stable'
const workspace = temporaryFolder()
write(workspace, { Dockerfile: '' })
const image = 'ghcr.io/cmswmcore/reqmgr2'

test.each([
  { stable: 'on-release', written: ['2.3.4', '2.3.4-stable', '2.3'], withheld: [], is: 'true' },
  { stable: 'on-promotion', written: ['2.3.4', '2.3'], withheld: ['2.3.4-stable'], is: 'false' },
])('what a release with stable: $stable would write at once', ({ stable, written, withheld, is }) => {
  const texts = textsWith({ command: 'plan', project: 'cmswmcore', policy, stable })
  const { request } = validateRequest(texts, runIn(workspace))
  if (request.command !== 'plan') throw new Error(`the request is for ${request.command}`)
  const outputs = outputsOf(plan(request, { log: recordingLog(), journal: new RunJournal() }))
  expect(outputs).toMatchObject({
    tags: written.map(tag => `${image}:${tag}`).join('\n'),
    withheld: withheld.map(tag => `${image}:${tag}`).join('\n'),
    'is-stable': is,
  })
})
