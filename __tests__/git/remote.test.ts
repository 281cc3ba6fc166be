import { expect, test } from 'vitest'
import { repositoryAt } from '../../src/git/remote.ts'

test.each([
  'https://github.com/dmwm/WMCore',
  'https://github.com/dmwm/WMCore.git/',
  'https://x-access-token:hush@github.com/dmwm/WMCore',
  'https://x-access-token:hush@TOKEN1234@github.com/dmwm/WMCore',
  'HTTPS://GitHub.com:443/DMWM/wmcore',
  'https://www.github.com/dmwm/WMCore',
  'git@github.com:dmwm/WMCore.git',
  'github.com:dmwm/WMCore',
  'ssh://git@github.com/dmwm/WMCore.git',
  'ssh://git@ssh.github.com:443/dmwm/WMCore.git',
  'git://github.com/dmwm/WMCore',
])('%s leads to WMCore', address => {
  expect(repositoryAt(address)).toBe('github.com/dmwm/wmcore')
})

test.each([
  { address: 'https://gitlab.cern.ch/a/b/c.git', repository: 'gitlab.cern.ch/a/b/c' },
  { address: 'http://github.example.org/dmwm/WMCore', repository: 'github.example.org/dmwm/wmcore' },
  { address: 'https://user:pa/ss@github.com/dmwm/WMCore', repository: undefined },
  { address: 'user:hush@github.com:dmwm/WMCore', repository: undefined },
  { address: '/srv/git/WMCore.git', repository: undefined },
  { address: '../WMCore', repository: undefined },
  { address: 'file:///srv/git/WMCore.git', repository: undefined },
  { address: 'https://github.com/', repository: undefined },
  { address: '', repository: undefined },
])('$address leads to $repository', ({ address, repository }) => {
  expect(repositoryAt(address)).toBe(repository)
})
