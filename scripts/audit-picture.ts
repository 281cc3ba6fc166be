/**
 * Makes docs/images/audit-page.png: releases some services into a registry in memory, leaves out and breaks what people
 * leave out and break, audits them with the committed bundle, and takes a picture of the page that the audit wrote.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMMIT, runStep, type Step } from '../__tests__/e2e/action.ts'
import { seed } from '../__tests__/e2e/seed.ts'
import { startGitHubApi } from '../__tests__/gates/github-api.ts'
import { startModelRegistry } from '../__tests__/registry/model-registry.ts'
import { lookAtPage } from './picture.ts'

const SERVICES = ['reqmgr2', 'reqmon', 'wmagent', 'msoutput', 'mspileup', 'wmglobalqueue']
const SOURCE = 'org.opencontainers.image.source'

const workspace = await mkdtemp(join(tmpdir(), 'audit-'))
const registry = await startModelRegistry([], { referrers: true })
const api = await startGitHubApi()

const publish = (service: string, tag: string, revision: string): Promise<string> =>
  seed(registry, `cmswmcore/${service}`, tag, {
    revision,
    labels: { [SOURCE]: 'https://github.com/dmwm/WMCore' },
  })

/** Makes services stable after the tests on the testbed, as somebody. */
const promote = async (
  tag: string,
  services: readonly string[],
  actor: string,
  run: string,
): Promise<void> => {
  const { commit } = api.tag(tag)
  api.status(commit, { context: 'testbed', state: 'success', url: `https://testbed.example/${tag}` })
  const inputs: Step['with'] = { 'require-checks': 'testbed', 'github-token': api.token }
  const { exitCode, log } = await runStep({
    tag,
    sha: commit,
    apiUrl: api.url,
    with: { ...at, command: 'promote', service: services.join(','), ...inputs },
    runner: { GITHUB_ACTOR: actor, GITHUB_RUN_ID: run, STABLE_RELEASE_ENVIRONMENT: 'production' },
  })
  if (exitCode !== 0) throw new Error(log)
}

const at = { registry: registry.host, project: 'cmswmcore' }
try {
  for (const tag of ['2.4.4', '2.4.5', '2.4.5.1', '2.4.6rc1', '2.4.6']) {
    const { commit } = api.tag(tag)
    const services = tag === '2.4.5.1' ? SERVICES.slice(0, 3) : SERVICES
    for (const service of services) await publish(service, tag, commit)
  }
  await promote('2.4.4', SERVICES, 'amaltaro', '4711')
  await promote('2.4.5', SERVICES, 'amaltaro', '4752')
  await promote('2.4.5.1', SERVICES.slice(0, 3), 'todor', '4790')
  await publish('reqmon', '2.4.4-stable', COMMIT)
  const audit = { command: 'audit', service: SERVICES.join(','), stable: 'on-promotion', from: '2.4.4' }
  await runStep({
    workspace,
    with: { ...at, ...audit, 'html-file': 'page.html' },
    runner: { GITHUB_ACTOR: 'amaltaro', GITHUB_RUN_ID: '4811' },
  })
  const page = await readFile(join(workspace, 'page.html'), 'utf8')
  await lookAtPage(page.replaceAll(registry.host, 'registry.cern.ch'), 'audit-page')
} finally {
  await Promise.all([api.stop(), registry.stop(), rm(workspace, { recursive: true, force: true })])
}
