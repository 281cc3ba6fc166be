import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../../src/policy/notation.ts'
import { formatProblems } from '../../src/policy/problems.ts'
import { problemsOf } from './policy-of.ts'

/** Every problem of a text, as people see it. */
const shown = (text: string): string => formatProblems(text, problemsOf(text))

/** One mistake each, as it is shown: place and message, the rule, the caret, what to write instead. */
const mistakes = `
line 1, column 24: Q is not on the left side, X.Y
  final: X.Y -> X.Y vX.Y.Q
                         ^
  write one of X, Y, or lower case letters

line 1, column 15: F is not on the left side, X.Y
  a: X.Y -> X.Y Final-X.Y
                ^
  write one of X, Y, or lower case letters

line 1, column 13: X is not on the left side, v1
  a: v1 -> v1-X
              ^
  the left side has no numbers; write lower case letters

line 1, column 13: X is not on the left side, *
  a: * -> * v-X
              ^
  under *, write * for the git tag, or lower case letters

line 1, column 15: * is not on the left side, X.Y
  a: X.Y -> X.Y *
                ^
  only the rule * may use *; here, write X.Y

line 1, column 15: the arrow is missing
  final: X.Y X.Y
                ^
  write -> between the git tag and its image tags, as in "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable"

line 1, column 12: => is not the arrow
  final: X.Y => X.Y
             ^^
  write -> between the git tag and its image tags, as in "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable"

line 1, column 12: → is not the arrow
  final: X.Y → X.Y
             ^
  write -> between the git tag and its image tags, as in "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable"

line 1, column 38: the line has a second arrow
  final: X.Y -> X.Y | X.Y-stable rc: * -> *
                                       ^^
  write one rule a line, each with one arrow; in YAML below "policy: |"

line 1, column 8: there is no git tag before the arrow
  final: -> x
         ^^
  write what the git tag looks like, such as X.Y.Z, or * for any

line 1, column 10: vX is a second git tag before the arrow
  final: X vX -> X
           ^^
  give each git tag a rule, a line, of its own

line 1, column 14: nothing stands after the arrow
  final: X.Y.Z ->
               ^^
  write the image tag that is built first, such as X.Y.Z

line 1, column 17: no image tag stands before the bar
  final: X.Y.Z -> | X.Y.Z
                  ^
  write the image tag that is built first, such as X.Y.Z

line 1, column 15: nothing stands after the bar
  final: X -> X |
                ^
  write the stable tags there, or leave the bar out

line 1, column 21: | can't be an image tag: it contains "|"
  final: X -> X | X-b | X-c
                      ^
  a rule has one bar: image tags before it, stable tags after it

line 1, column 9: -X can't be an image tag: it begins with "-"
  a: X -> -X
          ^^
  an image tag has up to 128 of A-Z, a-z, 0-9, "_", "." and "-", and begins with none of the last two

line 1, column 9: X+1 can't be an image tag: it contains "+"
  a: X -> X+1
          ^^^
  an image tag has up to 128 of A-Z, a-z, 0-9, "_", "." and "-", and begins with none of the last two

line 1, column 11: X.Y,vX.Y can't be an image tag: it contains ","
  a: X.Y -> X.Y,vX.Y
            ^^^^^^^^
  separate image tags by spaces

line 1, column 13: X is there twice
  a: X -> X | X
              ^
  each image tag of a rule is written once: leave one out

line 1, column 13: the first image tag is what is built, and X.Y drops Z
  a: X.Y.Z -> X.Y X.Y.Z
              ^^^
  begin with a tag that belongs to one version alone, such as X.Y.Z

line 1, column 5: * stands beside other text
  a: v*-X -> vX
      ^
  write * alone for any tag, or number letters for its numbers, such as vX.Y.Z

line 1, column 5: a digit stands right behind the number X, which takes every digit itself
  a: vX1 -> vX
      ^^
  put something between them, such as X.1

line 1, column 5: no git tag can contain "~"
  a: v~X -> X
      ^
  write what the git tag looks like, such as X.Y.Z

line 1, column 3: the rule has no name
    X -> X
    ^
  begin the line with a name and a colon, as in "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable"

line 1, column 1: the rule has no name
  : X -> X
  ^
  a name is one word of letters, digits, "-" and "_" that begins with a letter, such as final

line 1, column 1: 1a can't be the name of a rule
  1a: X -> X
  ^^
  a name is one word of letters, digits, "-" and "_" that begins with a letter, such as final

line 1, column 1: a b can't be the name of a rule
  a b: X -> X
  ^^^
  a name is one word of letters, digits, "-" and "_" that begins with a letter, such as final

line 1, column 1: the policy has no rule
  # only a comment
  ^
  write one rule a line, as in "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable"`

/** What is right, but looks like a slip. */
const slips = `
line 1, column 8: warning: XY stands for itself: capitals beside each other are not numbers
  a: vdb_XY.Z -> vZ
         ^^
  if numbers are meant, separate them: X.Y

line 1, column 9: warning: XY stands for itself: capitals beside each other are not numbers
  a: v -> XY
          ^^
  if numbers are meant, separate them: X.Y

line 1, column 6: warning: the R of Release stands for a number: a single capital always does
  a: v-Release -> vR
       ^
  if the word is meant, let the rule be * or tag in lower case

line 1, column 19: warning: X.Y-stable is not a stable tag, as it stands before the bar
  final: X.Y -> X.Y X.Y-stable
                    ^^^^^^^^^^
  write the stable tags after a bar, as in "final: X.Y.Z -> X.Y.Z | X.Y.Z-stable"`

/** The listings with the rule that each of them shows. */
const listings = (text: string) =>
  text
    .slice(1)
    .split('\n\n')
    .map(listing => ({ listing, rule: listing.split('\n')[1]?.slice(2) ?? '' }))

test.each(listings(mistakes))('mistake: $rule', ({ rule, listing }) => {
  expect(shown(rule)).toBe(listing)
  expect(parsePolicy(rule).kind).toBe('invalid')
})

test.each(listings(slips))('slip: $rule', ({ rule, listing }) => {
  expect(shown(rule)).toBe(listing)
  expect(parsePolicy(rule).kind).toBe('policy')
})

describe('one slip is one problem', () => {
  test.each([
    { text: 'final: X.Y.Z -> X.Y.Q', problem: 'Q is not on the left side, X.Y.Z' },
    { text: 'other: * -> X', problem: 'X is not on the left side, *' },
    { text: 'final: X -> *', problem: '* is not on the left side, X' },
    { text: 'final: v* -> v*', problem: '* stands beside other text' },
  ])('$text', ({ text, problem }) => {
    expect(parsePolicy(text)).toMatchObject({ kind: 'invalid', problems: [{ message: problem }] })
  })
})

test.each([
  { pattern: 'vdb_ABC', why: 'these capitals are no number letters that people use' },
  { pattern: 'HG1610.X', why: 'two capitals of a word' },
  { pattern: 'X.Y-stable', why: 'that is what the git tag is called' },
  { pattern: 'vB.X', why: 'a number has no word behind it' },
])('no warning for $pattern: $why', ({ pattern }) => {
  expect(parsePolicy(`a: ${pattern} -> ${pattern}`)).toMatchObject({ kind: 'policy', warnings: [] })
})
