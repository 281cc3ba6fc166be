import { expect, test } from 'vitest'
import { findFixedTag } from '../../src/docker/fixed-tag.ts'

test.each([
  // As dbs2go's is.
  {
    dockerfile: 'FROM golang\n\nENV TAG=v00.06.09\nRUN git checkout $TAG\n',
    is: { line: 3, value: 'v00.06.09' },
  },
  { dockerfile: 'FROM a\r\nenv TAG 1.0 \r\n', is: { line: 2, value: '1.0' } },
  { dockerfile: 'ENV A=b TAG="1.0" C=d', is: { line: 1, value: '1.0' } },
  { dockerfile: 'ENV A=b \\\n    TAG=1.0 \\\n    C=d', is: { line: 2, value: '1.0' } },
  // ENV comes before ARG.
  { dockerfile: 'ARG TAG\nENV TAG=1.0\nENV TAG=2.0', is: { line: 2, value: '1.0' } },
  ...[
    'ARG TAG\nRUN pip install reqmgr2==$TAG',
    'ARG TAG=1.0\nENV TAG=$TAG',
    'ARG V\nENV TAG="$V"',
    'ENV TAG=v$V',
    'ENV TAGS=1.0 MY_TAG=1.0 TAG_OF=1.0',
    'ENV TEXT="the TAG is"',
    '# ENV TAG=1.0',
    'RUN TAG=1.0 make',
    'ENV A=b\nRUN make TAG=1.0',
    'LABEL a=b \\\n  TAG=1.0',
    '',
  ].map(dockerfile => ({ dockerfile, is: undefined })),
])('$dockerfile: $is', ({ dockerfile, is }) => expect(findFixedTag(dockerfile)).toEqual(is))
