import { expect, test } from 'vitest'
import { repositoryAt } from '../../src/git/remote.ts'

test.each([
  { address: 'https://github.com/dmwm/WMCore', repository: 'github.com/dmwm/wmcore' },
  { address: 'https://github.com/dmwm/WMCore.git', repository: 'github.com/dmwm/wmcore' },
  { address: 'https://github.com/dmwm/WMCore.git/', repository: 'github.com/dmwm/wmcore' },
  { address: 'https://x-access-token:hush@github.com/dmwm/WMCore', repository: 'github.com/dmwm/wmcore' },
  { address: 'HTTPS://GitHub.com/DMWM/wmcore', repository: 'github.com/dmwm/wmcore' },
  { address: 'https://github.com:443/dmwm/WMCore', repository: 'github.com/dmwm/wmcore' },
  { address: 'http://github.example.org/dmwm/WMCore', repository: 'github.example.org/dmwm/wmcore' },
  { address: 'git@github.com:dmwm/WMCore.git', repository: 'github.com/dmwm/wmcore' },
  { address: 'github.com:dmwm/WMCore', repository: 'github.com/dmwm/wmcore' },
  { address: 'ssh://git@github.com/dmwm/WMCore.git', repository: 'github.com/dmwm/wmcore' },
  { address: 'ssh://git@ssh.github.com:443/dmwm/WMCore.git', repository: 'github.com/dmwm/wmcore' },
  { address: 'git://github.com/dmwm/WMCore', repository: 'github.com/dmwm/wmcore' },
  { address: 'https://github.com/dmwm/WMCore.git#2.3.4:docker', repository: 'github.com/dmwm/wmcore' },
  { address: 'https://github.com/dmwm/WMCore.git?tag=2.3.4', repository: 'github.com/dmwm/wmcore' },
  { address: 'https://gitlab.cern.ch/a/b/c.git', repository: 'gitlab.cern.ch/a/b/c' },
  { address: 'github.com/dmwm/WMCore#2.3.4', repository: 'github.com/dmwm/wmcore' },
  { address: '/srv/git/WMCore.git', repository: undefined },
  { address: '../WMCore', repository: undefined },
  { address: 'file:///srv/git/WMCore.git', repository: undefined },
  { address: 'https://github.com/', repository: undefined },
  { address: '', repository: undefined },
])('$address leads to $repository', ({ address, repository }) => {
  expect(repositoryAt(address)).toBe(repository)
})
