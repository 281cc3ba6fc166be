import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allTags, decide } from '../../src/policy/decide.ts'
import { presets } from '../../src/policy/presets.ts'
import { policyOf } from './policy-of.ts'

const corpus = readFileSync(new URL('wmcore-tags.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter(line => line.trim() !== '' && !line.startsWith('#'))
  .map(line => {
    const [tag = '', verdict = ''] = line.split('\t')
    return { tag, verdict }
  })
const wmcore = policyOf(presets.wmcore)

const isStable = (tag: string): boolean => {
  const decision = decide(wmcore, tag)
  return decision.kind === 'planned' && allTags(decision).some(({ stable }) => stable)
}

test('the corpus is whole', () => {
  const count = (verdict: string): number => corpus.filter(line => line.verdict === verdict).length
  expect({ yes: count('yes'), no: count('no'), all: corpus.length }).toEqual({ yes: 268, no: 922, all: 1190 })
})

test("the preset wmcore gives docker.sh's verdict on every git tag of WMCore", () => {
  const other = corpus.filter(({ tag, verdict }) => (isStable(tag) ? 'yes' : 'no') !== verdict)
  expect(other).toEqual([])
})

test('every git tag of WMCore that can be an image tag is published under its own name, or with -stable', () => {
  const renamed = corpus.flatMap(({ tag, verdict }) => {
    const decision = decide(wmcore, tag)
    if (decision.kind === 'refused') return []
    const tags = allTags(decision).map(planned => planned.tag)
    return tags.join(' ') === (verdict === 'yes' ? `${tag} ${tag}-stable` : tag) ? [] : [{ tag, tags }]
  })
  expect(renamed).toEqual([])
})

test('none of them is refused as the name of a stable tag', () => {
  const reasons = corpus.map(({ tag }) => decide(wmcore, tag)).filter(({ kind }) => kind === 'refused')
  expect(reasons.filter(({ reason }) => reason.includes('stable'))).toEqual([])
})
