import { expect, test } from 'vitest'
import { type ErrorName, ReleaseError } from '../../src/errors.ts'
import { askForProject } from '../../src/inputs/missing-project.ts'

const QUESTION = 'Check it. Is the input project missing?'

test.each<{ name: ErrorName; what: string; project?: string; remedy: string }>([
  { name: 'registry-denied', what: 'It answered 403.', remedy: QUESTION },
  { name: 'registry-denied', what: 'It answered 403.', project: 'cmswmcore', remedy: 'Check it.' },
  { name: 'not-published', what: 'It has no 2.3.4.', remedy: QUESTION },
  {
    name: 'push-failed',
    what: 'docker ended: denied: requested access to the resource is denied',
    remedy: QUESTION,
  },
  { name: 'push-failed', what: 'docker ended: unauthorized: project reqmgr2 not found', remedy: QUESTION },
  {
    name: 'push-failed',
    what: 'docker ended: name unknown: repository name not known to registry',
    remedy: QUESTION,
  },
  { name: 'push-failed', what: 'docker ended: connection reset by peer', remedy: 'Check it.' },
  { name: 'registry-unreadable', what: 'It answered 404: there is no registry.', remedy: 'Check it.' },
  { name: 'already-published', what: 'It has 2.3.4.', remedy: 'Check it.' },
])('$name, $what, in $project: $remedy', ({ name, what, project = '', remedy }) => {
  const cause = new Error('why')
  const error = new ReleaseError(name, { what, remedy: 'Check it.', cause })
  expect(askForProject(error, { project })).toMatchObject({ name, what, remedy, cause })
})

test('what is no known failure stays', () => {
  const error = new TypeError('x')
  expect(askForProject(error, { project: '' })).toBe(error)
})
