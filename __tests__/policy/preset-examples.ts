import type { PresetName } from '../../src/policy/presets.ts'

/** What a preset makes of a git tag; without a rule, the git tag is refused. */
export interface Example {
  readonly tag: string
  readonly rule: string | undefined
  readonly tags: readonly string[]
  readonly stable: readonly string[]
}

const refused = (tag: string): Example => ({ tag, rule: undefined, tags: [], stable: [] })

/** The examples that the documentation of the presets shows. */
export const examples: Readonly<Record<PresetName, readonly Example[]>> = {
  wmcore: [
    { tag: '2.3.4', rule: 'final', tags: ['2.3.4'], stable: ['2.3.4-stable'] },
    { tag: '12.2.3', rule: 'final', tags: ['12.2.3'], stable: ['12.2.3-stable'] },
    { tag: '2.2.4.0', rule: 'patch', tags: ['2.2.4.0'], stable: ['2.2.4.0-stable'] },
    { tag: '2.1.13.1', rule: 'patch', tags: ['2.1.13.1'], stable: ['2.1.13.1-stable'] },
    { tag: '2.3.5rc1', rule: 'candidate', tags: ['2.3.5rc1'], stable: [] },
    { tag: '1.4.0.pre2', rule: 'other', tags: ['1.4.0.pre2'], stable: [] },
    { tag: '2.1.2.patch1', rule: 'other', tags: ['2.1.2.patch1'], stable: [] },
    { tag: 'v2.3.4', rule: 'other', tags: ['v2.3.4'], stable: [] },
    { tag: '2.3', rule: 'other', tags: ['2.3'], stable: [] },
    { tag: '2.3.4.5.6', rule: 'other', tags: ['2.3.4.5.6'], stable: [] },
    { tag: 'JENKINS_2', rule: 'other', tags: ['JENKINS_2'], stable: [] },
    refused('fix/login'),
    refused('2.3.4+build5'),
    refused('2.3.4-stable'),
  ],
  'dmwm-go': [
    { tag: '0.5.14', rule: 'final', tags: ['0.5.14'], stable: ['0.5.14-stable'] },
    { tag: 'v0.5.14', rule: 'v-final', tags: ['v0.5.14'], stable: ['v0.5.14-stable'] },
    { tag: 'v00.06.47', rule: 'v-final', tags: ['v00.06.47'], stable: ['v00.06.47-stable'] },
    { tag: '0.5.15rc2', rule: 'candidate', tags: ['0.5.15rc2'], stable: [] },
    { tag: 'v0.5.15rc2', rule: 'v-candidate', tags: ['v0.5.15rc2'], stable: [] },
    refused('v0.5'),
    refused('0.5.14.1'),
    refused('V0.5.14'),
    refused('nightly'),
  ],
  crab: [
    { tag: 'v3.240325', rule: 'release', tags: ['v3.240325'], stable: ['v3.240325-stable'] },
    { tag: 'v3.240325rc1', rule: 'other', tags: ['v3.240325rc1'], stable: [] },
    { tag: 'v3.240325.1', rule: 'other', tags: ['v3.240325.1'], stable: [] },
    { tag: 'v4.240325', rule: 'other', tags: ['v4.240325'], stable: [] },
    { tag: '3.240325', rule: 'other', tags: ['3.240325'], stable: [] },
    refused('fix/login'),
    refused('v3.240325-stable'),
  ],
}
