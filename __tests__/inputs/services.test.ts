import { describe, expect, test } from 'vitest'
import { validateRequest } from '../../src/inputs/request.ts'
import { refusal, runIn, temporaryFolder, textsWith, write } from './order.ts'

const [A, B] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`]
const workspace = temporaryFolder()
write(workspace, { Dockerfile: '' })
const run = runIn(workspace)

const servicesIn = (given: Parameters<typeof textsWith>[0]) => {
  const { request } = validateRequest(textsWith({ project: 'cms', ...given }), run)
  if (!('services' in request)) throw new Error(`${request.command} is for one service`)
  return request.services.map(each => [
    each.service,
    each.repository.path,
    'digest' in each ? each.digest : undefined,
  ])
}

describe.each(['plan', 'promote', 'verify'])('%s takes several services', command => {
  test.each<{ service: string; digest?: string; is: (string | undefined)[][] }>([
    { service: 'a', is: [['a', 'cms/a', undefined]] },
    { service: `a@${A}`, is: [['a', 'cms/a', A]] },
    { service: 'a', digest: A, is: [['a', 'cms/a', A]] },
    {
      service: 'a, b\n\n  c,',
      is: [
        ['a', 'cms/a', undefined],
        ['b', 'cms/b', undefined],
        ['c', 'cms/c', undefined],
      ],
    },
    {
      service: `a@${A}\r\nb@${B}`,
      is: [
        ['a', 'cms/a', A],
        ['b', 'cms/b', B],
      ],
    },
  ])('$service', ({ is, ...given }) => {
    expect(servicesIn({ command, ...given })).toEqual(is)
  })

  test.each([
    { service: 'a, A', says: ['The input service is "A": "A" has capitals. Write a.'] },
    { service: 'a,b,a', says: ['The input service is "a,b,a": it names a twice. Leave one out.'] },
    ...['a b', '["a", "b"]', '- a\n- b', 'a;b', "'a'"].map(service => ({
      service,
      says: [
        'it is no list of names. Separate them by commas, or write one a line, without quotes and brackets.',
      ],
    })),
    { service: ',', says: ['The input service is missing or empty.'] },
    {
      service: 'a@sha256:12',
      says: [
        'The input service is "a@sha256:12": what follows the "@" is not a digest. Write it whole: a@, then sha256: and 64',
      ],
    },
    {
      service: 'a,b',
      digest: A,
      says: [
        `The input digest is "${A}": it is for one service, given by its name alone. Leave it out, and write each into the input service, as name@sha256:….`,
      ],
    },
    { service: `a@${A}`, digest: A, says: [`The input digest is "${A}": it is for one service,`] },
    {
      service: 'A/b, c:1, d@sha256:x',
      digest: 'latest',
      says: ['"A/b": it contains "/"', '"c:1": ', '"d@sha256:x": ', 'digest is "latest"'],
    },
  ])('and refuses $service, digest $digest', ({ says, ...given }) => {
    const error = refusal({ command, ...given }, run)
    for (const part of says) expect(error).toContain(part)
  })

  test('a login before one of them is not shown', () => {
    for (const service of [`a, bob:hunter22@b@${A}`, `bob:hunter22@a, b@${A}`]) {
      const error = refusal({ command, service }, run)
      expect(error).toContain('seems to have a password or a token in it')
      expect(error).not.toContain('hunter22')
    }
  })

  test('a mistake in what all have is told once', () => {
    const error = refusal({ command, service: 'a,b,c', registry: 'https://ghcr.io' }, run)
    expect(error.match(/The input registry/g)).toHaveLength(1)
  })
})

describe.each(['push', 'build', 'release'])('%s takes one service', command => {
  test.each([
    {
      service: 'a,b',
      says: `it names 2 services, and ${command} is for one. Write one, and run it for each`,
    },
    {
      service: `a@${A}`,
      says: `${command} does not know its digest before it has built. Write the name alone.`,
    },
  ])('and refuses $service', ({ service, says }) => {
    expect(refusal({ command, service, context: 'https://github.com/dmwm/a.git' }, run)).toContain(says)
  })
})
