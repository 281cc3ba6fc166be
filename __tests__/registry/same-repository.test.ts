import { describe, expect, test } from 'vitest'
import { isIn } from '../../src/registry/same-repository.ts'

const digest = `sha256:${'0'.repeat(64)}`

describe.each([
  {
    registry: 'ghcr.io',
    path: 'dmwm/a',
    same: [
      'ghcr.io/dmwm/a',
      'ghcr.io/dmwm/a:1',
      `ghcr.io/dmwm/a:1@${digest}`,
      `ghcr.io/dmwm/a@${digest}`,
    ].concat('GHCR.io/dmwm/a:1', 'ghcr.io:443/dmwm/a'),
    other: ['ghcr.io/dmwm/a-cache', 'ghcr.io/dmwm/a/b', 'ghcr.io/dmwm', 'dmwm/a', 'a', '', 'quay.io/dmwm/a'],
  },
  {
    registry: 'docker.io',
    path: 'cmssw/a',
    same: [
      'cmssw/a',
      'cmssw/a:1',
      'docker.io/cmssw/a',
      'index.docker.io/cmssw/a:x',
      'registry-1.docker.io/cmssw/a',
    ],
    other: ['a', 'library/a', 'cmssw/a2', 'localhost/cmssw/a'],
  },
  {
    registry: 'index.docker.io',
    path: 'library/busybox',
    same: ['busybox', 'busybox:1', 'library/busybox', 'docker.io/busybox'],
    other: ['cmssw/busybox'],
  },
  {
    registry: 'localhost:5000',
    path: 'a',
    same: ['localhost:5000/a:1', '127.0.0.1:5000/a', '[::1]:5000/a'],
    other: ['localhost:5001/a', 'localhost/a', 'a'],
  },
])('$registry/$path', ({ registry, path, same, other }) => {
  test.each(same)('is what %s names', reference => {
    expect(isIn({ registry, path }, reference)).toBe(true)
  })

  test.each(other)('is not what %s names', reference => {
    expect(isIn({ registry, path }, reference)).toBe(false)
  })
})
