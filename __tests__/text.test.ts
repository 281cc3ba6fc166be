import { expect, test } from 'vitest'
import { duration, oneLine } from '../src/text.ts'

test.each([
  { what: 'an ordinary text', text: 'reqmgr2: 2.3.4 [ok] # 1', line: 'reqmgr2: 2.3.4 [ok] # 1' },
  { what: 'letters of any script', text: 'Grüße, 日本 🚀', line: 'Grüße, 日本 🚀' },
  { what: 'a newline', text: 'a\nb\r\nc', line: 'a\\u000ab\\u000d\\u000ac' },
  { what: 'other ends of a line', text: 'a\u0085b\u2028c\u2029d', line: 'a\\u0085b\\u2028c\\u2029d' },
  { what: 'a sequence of a terminal', text: '\u001b[31mred', line: '\\u001b[31mred' },
  { what: 'a change of direction', text: 'a\u202eb', line: 'a\\u202eb' },
  { what: 'a character of two units', text: 'a\u{e0041}b', line: 'a\\udb40\\udc41b' },
  { what: 'an old command', text: 'see ##[error]this', line: 'see ##\\u005berror]this' },
  { what: 'several old commands', text: '##[a]###[b]', line: '##\\u005ba]###\\u005bb]' },
  { what: 'a command', text: '::error::this', line: '\\u003a:error::this' },
  { what: 'a command behind blanks', text: ' \u00a0::error::this', line: ' \u00a0\\u003a:error::this' },
  { what: 'colons elsewhere', text: 'a::b', line: 'a::b' },
  { what: 'a command in its second line', text: 'a\n::error::b', line: 'a\\u000a::error::b' },
])('oneLine: $what', ({ text, line }) => {
  expect(oneLine(text)).toBe(line)
  expect(oneLine(line)).toBe(line)
})

test.each([
  { milliseconds: 0, text: '0 s' },
  { milliseconds: 0.2, text: '1 ms' },
  { milliseconds: 419.6, text: '420 ms' },
  { milliseconds: 999.5, text: '1 s' },
  { milliseconds: 1_240, text: '1.2 s' },
  { milliseconds: 59_949, text: '59.9 s' },
  { milliseconds: 59_950, text: '1 min' },
  { milliseconds: 200_000, text: '3 min 20 s' },
  { milliseconds: 3_661_000, text: '1 h 1 min 1 s' },
  { milliseconds: 7_205_000, text: '2 h 5 s' },
])('$milliseconds ms are $text', ({ milliseconds, text }) => {
  expect(duration(milliseconds)).toBe(text)
})
