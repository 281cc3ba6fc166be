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
  {
    address: 'https://x-access-token:hush@TOKEN1234@github.com/dmwm/WMCore',
    repository: 'github.com/dmwm/wmcore',
  },
  { address: 'https://user:pa/ss@github.com/dmwm/WMCore', repository: undefined },
  { address: 'user:hush@github.com:dmwm/WMCore', repository: undefined },
  { address: 'https://www.github.com/dmwm/WMCore', repository: 'github.com/dmwm/wmcore' },
  { address: 'https://github.com./dmwm/WMCore', repository: 'github.com/dmwm/wmcore' },
  { address: 'https://github.com/dmwm/%57MCore.git', repository: 'github.com/dmwm/wmcore' },
  { address: 'https://github.com/x/../dmwm/WMCore.git', repository: 'github.com/dmwm/wmcore' },
  { address: 'https://github.com/dmwm/%', repository: 'github.com/dmwm/%' },
  {
    address: 'https://codeload.github.com/dmwm/WMCore/tar.gz/main',
    repository: 'github.com/dmwm/wmcore/tar.gz/main',
  },
  { address: '/srv/git/WMCore.git', repository: undefined },
  { address: '../WMCore', repository: undefined },
  { address: 'file:///srv/git/WMCore.git', repository: undefined },
  { address: 'https://github.com/', repository: undefined },
  { address: '', repository: undefined },
])('$address leads to $repository', ({ address, repository }) => {
  expect(repositoryAt(address)).toBe(repository)
})
