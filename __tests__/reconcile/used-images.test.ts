import { describe, expect, test } from 'vitest'
import { imageFinder } from '../../src/reconcile/used-images.ts'
import { digest } from './world.ts'

const A = digest('a')
const R = 'registry.cern.ch'
const IMAGE = `${R}/cmswmcore/reqmgr2`
const finderAt = (registry: string) =>
  imageFinder(
    ['reqmgr2', 'reqmgr2-tasks', 'reqmon'].map(service => ({
      service,
      repository: { registry, path: `cmswmcore/${service}` },
    })),
  )

/** Each as `line service:tag@digest`, with `?` for neither, and `elsewhere` for another project. */
const found = (text: string, registry = R): string[] =>
  finderAt(registry)(text).map(({ line, service, elsewhere, tag, digest }) => {
    const what = tag === undefined && digest === undefined ? '?' : ''
    const name = elsewhere === undefined ? service : `elsewhere ${elsewhere}`
    return `${line} ${name}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}${elsewhere ? '' : what}`
  })

describe('a reference', () => {
  test.each<[what: string, text: string, ...found: string[]]>([
    ['a manifest', `a:\n  - image: ${IMAGE}:2.4.5-stable\n`, '2 reqmgr2:2.4.5-stable'],
    [
      'in quotes, CRLF',
      `image: "${IMAGE}:2.4.5"\r\nimage: '${IMAGE}:2.4.6'\r\n`,
      '1 reqmgr2:2.4.5',
      '2 reqmgr2:2.4.6',
    ],
    ['a sentence', `It runs ${IMAGE}:2.4.5-stable.`, '1 reqmgr2:2.4.5-stable'],
    ['a comment behind it', `${IMAGE}:2.4.5-stable # was ${IMAGE}:2.4.0`, '1 reqmgr2:2.4.5-stable'],
    ['a key that is commented out', `  #image: ${IMAGE}:2.4.0`],
    ['other comments', `// ${IMAGE}:dev\n{{/* ${IMAGE}:dev */}}\n#PROD#- image: ${IMAGE}:1`, '3 reqmgr2:1'],
    ['a placeholder in capitals', `image: ${IMAGE}:IMAGE_TAG`, '1 reqmgr2?'],
    ['JSON on one line', `{"a":"${IMAGE}:1","b":["${R}/cmswmcore/reqmon:2"]}`, '1 reqmgr2:1', '1 reqmon:2'],
    ['JSON in a string', `{"x":"{\\"image\\":\\"${IMAGE}:2.4.5\\"}"}`, '1 reqmgr2:2.4.5'],
    ['a Dockerfile', `FROM --platform=linux/amd64 ${IMAGE}:2.4.5 AS x\n`, '1 reqmgr2:2.4.5'],
    [
      'a flow mapping',
      `{image: ${IMAGE}:2.4.5, name: x}{image: ${IMAGE}:2.4.5}`,
      '1 reqmgr2:2.4.5',
      '1 reqmgr2:2.4.5',
    ],
    ['a digest', `imageID: docker-pullable://${IMAGE}@${A}`, `1 reqmgr2@${A}`],
    ['tag and digest', `${IMAGE}:2.4.5-stable@${A},`, `1 reqmgr2:2.4.5-stable@${A}`],
    ['a digest that is cut off', `${IMAGE}:2.4.5@${A.slice(0, 30)}`, '1 reqmgr2:2.4.5'],
    ['a name that begins like another', `${IMAGE}-tasks:1 ${IMAGE}-dev:1`, '1 reqmgr2-tasks:1'],
    [
      'another host, port or path',
      `my-${IMAGE}:1 x.${IMAGE}:1 ${R}:5000/cmswmcore/reqmgr2:1 ${IMAGE}/x:1 ${R}/reqmon2:1`,
    ],
    [
      'another project',
      `${R}/cmsweb/reqmgr2:1 ${R}/a/b/reqmon@${A}`,
      '1 elsewhere cmsweb/reqmgr2:1',
      '1 elsewhere a/b/reqmon',
    ],
    [
      'a comment; not what a script replaces',
      `# image: ${IMAGE}:1\n  #  ${IMAGE}:2\n#PROD#- image: ${IMAGE}:3`,
      '3 reqmgr2:3',
    ],
    ['more than a tag may have', `${IMAGE}:${'1'.repeat(200)}`, '1 reqmgr2?'],
  ])('%s', (_, text, ...expected) => {
    expect(found(text)).toEqual(expected)
  })

  test.each(['localhost:5000', '[::1]:5000', 'r.example:5000', '127.0.0.1:5000'])('at %s', registry => {
    expect(found(`image: ${registry}/cmswmcore/reqmon:2.4.5`, registry)).toEqual(['1 reqmon:2.4.5'])
    expect(found('image: rxexample:5000/cmswmcore/reqmon:2.4.5', registry)).toEqual([])
  })

  test.each([
    ...['', ' #imagetag', ':', ':#imagetag', ':$TAG', `:\${TAG}`, `:\${TAG:-2.4.5}`],
    ...[
      ':{{ .Values.tag }}',
      ':<tag>',
      ':%s',
      ':2.4.$PATCH',
      ':2.4.*',
      ':{tag}',
      ':@TAG@',
      `\${TAG}`,
      ':py3-$(TAG)-stable',
    ],
  ])('with a placeholder, or nothing: %s', text => {
    expect(found(`image: ${IMAGE}${text}`)).toEqual(['1 reqmgr2?'])
  })
})

describe("the tag of Helm's values", () => {
  const repository = `repository: ${IMAGE}`
  test.each<[what: string, text: string, found: string]>([
    ['below', `image:\n  ${repository}\n  tag: 2.4.5\n`, '3 reqmgr2:2.4.5'],
    ['five lines below', `${repository}\n\n# tag: 1\npull: x\n\ntag: "2.4.5"`, '6 reqmgr2:2.4.5'],
    ['farther below', `${repository}\n\n\n\n\n\ntag: 2.4.5`, '1 reqmgr2?'],
    ['in JSON', `{\n\t"repository": "${IMAGE}",\n\t"tag": "2.4.5"\n}`, '3 reqmgr2:2.4.5'],
    ['of an item of a list', `- ${repository}\n  tag: '2.4.5' # new`, '2 reqmgr2:2.4.5'],
    ['of the next item', `- ${repository}\n- tag: 2.4.5`, '1 reqmgr2?'],
    ['deeper', `a:\n  ${repository}\n  b:\n    tag: 1\n  tag: 2.4.5`, '5 reqmgr2:2.4.5'],
    ['of another block', `a:\n  ${repository}\nb:\n  tag: 2.4.5`, '2 reqmgr2?'],
    ['that is filled in', `${repository}\ntag: 2.4-{{ .tag }}`, '1 reqmgr2?'],
    ['that is empty', `${repository}\ntag: ""`, '1 reqmgr2?'],
    ['beside one that is written', `${repository}:1\ntag: 2.4.5`, '1 reqmgr2:1'],
    ['of what is no repository', `image: ${IMAGE}\ntag: 2.4.5`, '1 reqmgr2?'],
  ])('%s', (_, text, expected) => {
    expect(found(text)).toEqual([expected])
  })
})

test('20 MB of what a cluster prints take about a second', () => {
  const pod = `
    - containerID: containerd://${'a'.repeat(64)}
      image: ${IMAGE}:2.4.5-stable
      imageID: ${IMAGE}@${A}
${'      name: some more of what a cluster says of a pod\n'.repeat(100)}`
  const text = pod.repeat(20_000_000 / pod.length)
  const started = performance.now()
  expect(finderAt(R)(text).length).toBeGreaterThan(7_000)
  // Ten times what it takes: the machine may be busy.
  expect(performance.now() - started).toBeLessThan(3_000)
})
