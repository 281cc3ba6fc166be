/**
 * How a run must end when one kind of call fails in one way, written from the rules and not from the code:
 *
 * - A fault that passes (429, 5xx, a broken or silent connection) is tried again. Once, it does no harm; if it
 *   stays, the run is red and says that the registry gave no usable answer. A registry that asks to wait for
 *   longer than the run has is not waited for.
 * - A refusal (401, 403, 412) is not tried again, but for the one 401 that asks for a new token. A HEAD that is
 *   refused has no body that says why: the same question is asked by GET, and that answer counts.
 * - 404 is proven absence where absence is an answer: of tags. Of what was published or listed a moment ago it
 *   is an error.
 * - What can not be right (no JSON, half a body, a digest that is not that of the bytes) is no answer.
 * - What was refused, or not clearly answered, is looked at: what is there is written.
 * - A header that may be missing may be missing. A redirect of a question is followed, without credentials;
 *   whoever it leads to can not ask for them, so he can not answer the one question how to ask.
 * - What docker does about the faults that it meets is its own business, but one that passes does no harm, and
 *   one that stays is red; and whatever docker says, green is complete.
 */
import type { ErrorName } from '../../src/errors.ts'
import {
  type Call,
  ENGINE_CALLS,
  type EngineCall,
  FAULTS,
  type Fault,
  type Injection,
  OUR_CALLS,
  type OurCall,
} from './fault-proxy.ts'

/** What the repository has when the run begins: nothing, or the first tag alone. */
export type Before = 'nothing' | 'first tag'

export type Expected =
  /** With `retried`, the log shows the second attempt. */
  | { readonly end: 'green'; readonly retried: boolean }
  | { readonly end: 'red'; readonly error: ErrorName; readonly says: RegExp }
  /** Green, or red with one of these errors. */
  | { readonly end: 'as docker decides'; readonly errors: readonly ErrorName[] }

export interface Combination extends Injection {
  readonly before: Before
  readonly expected: Expected
}

const GREEN: Expected = { end: 'green', retried: false }
const RETRIED: Expected = { end: 'green', retried: true }
const red = (error: ErrorName, says: RegExp): Expected => ({ end: 'red', error, says })

/** The faults that pass, and what is said of one that stays. */
const PASSING: Partial<Record<Fault, RegExp>> = {
  '429': /429/,
  '500': /500/,
  '503': /503/,
  reset: /after [0-9]+ attempts/,
  'answer lost': /after [0-9]+ attempts/,
  'time-out': /no answer within [0-9]+ s \(after [0-9]+ attempts\)/,
  'truncated body': /after [0-9]+ attempts/,
}

/** The faults whose answer says by a code of its body why. */
const REFUSALS: Partial<Record<Fault, { error: ErrorName; says: RegExp }>> = {
  '401': { error: 'registry-denied', says: /401.*UNAUTHORIZED/ },
  '403': { error: 'registry-denied', says: /403.*DENIED/ },
  '412 immutable': { error: 'registry-refused', says: /PRECONDITION.*configured as immutable/ },
  '412 vulnerable': { error: 'registry-refused', says: /PROJECTPOLICYVIOLATION.*vulnerability policy/ },
}

const HEADS: readonly Call[] = ['head', 'head again', 'final head', 'engine head']

/** What an answer has that a fault could spoil. A fault that needs more does not happen to it. */
const canHappen = (fault: Fault, call: Call, before: Before): boolean => {
  switch (fault) {
    case 'truncated body':
      return !HEADS.includes(call)
    case 'half a body':
      return !HEADS.includes(call) && !/PUT|POST|PATCH|put/.test(call)
    case 'wrong digest header':
    case 'no digest header':
      // An answer that there is nothing has no digest.
      if (call === 'head') return before === 'first tag'
      return /^(?:get|config|read|put|final|engine PUT)/.test(call)
    case 'answer lost, then 412':
      return call === 'put' || call === 'engine PUT manifest'
    case '404':
      // The registry says that there is nothing, and nobody else knows better: see docs/reliability.md.
      return !(call === 'head' && before === 'first tag')
    default:
      return true
  }
}

const ofPing: Partial<Record<Fault, Expected>> = {
  '401': red('registry-unreadable', /asks for neither Basic nor Bearer/),
  '404': red('registry-unreadable', /404: there is no container registry/),
  // How to ask is in the header; a registry that does not say asks when it is asked for something.
  'half a body': GREEN,
  'not JSON': GREEN,
  redirect: red('registry-unreadable', /another host|127\.0\.0\.2/),
}

const ofToken: Partial<Record<Fault, Expected>> = {
  '401': red('registry-denied', /no token .* 401/),
  '403': red('registry-denied', /no token .* 403/),
  '404': red('registry-unreadable', /404 without a token/),
  '412 immutable': red('registry-unreadable', /412 without a token/),
  '412 vulnerable': red('registry-unreadable', /412 without a token/),
  'half a body': red('registry-unreadable', /200 without a token/),
  'not JSON': red('registry-unreadable', /200 without a token/),
  'redirect to a thief': red('registry-denied', /no token .* 401/),
}

/** Where 404, and a header with another digest, are more than no answer. */
const WHERE_IT_MATTERS: Partial<Record<OurCall, Partial<Record<Fault, Expected>>>> = {
  ping: ofPing,
  token: ofToken,
  head: {
    '404': GREEN,
    // What the header says is there is read, and is something else.
    'wrong digest header': red('not-as-planned', /said that .* is sha256:5{64}, and the image .* is sha256:/),
  },
  'tags/list': { '404': GREEN },
  'get published': {
    '404': red('not-published', /is gone/),
    'wrong digest header': red('registry-unreadable', /announced sha256:5{64}/),
  },
  // An index may list what the registry does not have; then nobody knows the revision.
  'get platform': { '404': red('already-published', /without the label of its revision/) },
  config: { '404': red('registry-unreadable', /404/) },
  'read back': {
    '404': red('not-as-planned', /was pushed, and the registry does not have it/),
    'wrong digest header': red('registry-unreadable', /announced sha256:5{64}/),
  },
  'head again': { '404': GREEN },
  put: {
    'answer lost, then 412': RETRIED,
    '404': red('registry-unreadable', /404/),
    'not JSON': red('registry-unreadable', /200.*guest network/),
    redirect: red('registry-unreadable', /307/),
    'redirect to a thief': red('registry-unreadable', /307/),
  },
  'final head': {
    '404': red('not-as-planned', /is not there/),
    'wrong digest header': red('not-as-planned', /is sha256:5{64}/),
  },
}

/** The end of a run in which a call of the bundle failed. */
const expectedOfOurs = ({ call, fault, times }: Injection & { call: OurCall }): Expected => {
  // The registry has it, whatever became of its answer.
  const isWritten = call === 'put' && (fault === 'answer lost' || fault === 'truncated body')
  const passing = PASSING[fault]
  if (passing !== undefined && isWritten) return RETRIED
  if (passing !== undefined) return times === 'once' ? RETRIED : red('registry-unreadable', passing)
  if (fault === '429 for long') return red('registry-unreadable', /429/)

  const special = WHERE_IT_MATTERS[call]?.[fault]
  if (special !== undefined) return special

  const onceRefused = times === 'once' && HEADS.includes(call)
  const refusal = REFUSALS[fault]
  if (refusal !== undefined) {
    if (onceRefused || (fault === '401' && times === 'once')) return GREEN
    // After the second 401 nothing is asked any more, not even why.
    return red(refusal.error, fault === '401' && HEADS.includes(call) ? /401/ : refusal.says)
  }
  switch (fault) {
    case 'not JSON':
      return onceRefused ? GREEN : red('registry-unreadable', /can not be used/)
    case 'half a body':
      return red('registry-unreadable', /can not be used/)
    case 'redirect to a thief':
      return red('registry-unreadable', /127\.0\.0\.2/)
    default:
      // Another digest in a header that is not believed, no such header, a redirect.
      return GREEN
  }
}

const PUSH_ERRORS: readonly ErrorName[] = ['push-failed', 'not-as-planned']
const LOGIN: readonly EngineCall[] = ['engine ping', 'engine token']
const UPLOADS: readonly EngineCall[] = ['engine POST blob', 'engine PATCH blob', 'engine PUT blob']

/** The end of a run in which a call of docker or its engine failed. */
const expectedOfEngine = ({ call, fault, times }: Injection & { call: EngineCall }): Expected => {
  const error = LOGIN.includes(call) ? 'login-failed' : 'push-failed'
  const decides: Expected = {
    end: 'as docker decides',
    // The read-back finds out what docker only believes to have pushed.
    errors: LOGIN.includes(call) ? ['login-failed', 'push-failed'] : PUSH_ERRORS,
  }
  // Docker may read no more of an answer than its header, and takes a strange answer to its first question for
  // that of a registry that needs no login.
  if (fault === 'truncated body' || (call === 'engine ping' && /^(?:429|500|503)/.test(fault))) return decides
  if (PASSING[fault] !== undefined) {
    if (times === 'once') return GREEN
    // What was written is found when it is looked for again.
    return fault === 'answer lost' || call === 'engine get'
      ? decides
      : red(error, /ended with exit status|failed with exit status/)
  }
  const refused = fault === '403' || fault === '412 immutable' || fault === '412 vulnerable'
  const writing = UPLOADS.includes(call) || call === 'engine PUT manifest'
  return refused && writing && times === 'always' ? red(error, /ended with exit status/) : decides
}

const TIMES = ['once', 'always'] as const

/** What is there when a call of this kind is made at all, and tells most. */
const statesBefore = (call: Call): readonly Before[] => {
  if (call === 'head') return ['nothing', 'first tag']
  return ['tags/list', 'get published', 'get platform', 'config'].includes(call) ? ['first tag'] : ['nothing']
}

const isOurs = (call: Call): call is OurCall => OUR_CALLS.some(ours => ours === call)

const combinationsOf = (calls: readonly Call[]): Combination[] =>
  calls.flatMap(call =>
    statesBefore(call).flatMap(before =>
      FAULTS.filter(fault => canHappen(fault, call, before)).flatMap(fault =>
        TIMES.map(times => ({
          call,
          fault,
          times,
          before,
          expected: isOurs(call)
            ? expectedOfOurs({ call, fault, times })
            : expectedOfEngine({ call, fault, times }),
        })),
      ),
    ),
  )

/** Every combination of a call of the bundle and what can happen to it. */
export const OUR_COMBINATIONS = combinationsOf(OUR_CALLS)

/** Every combination of a call of docker; an engine with the containerd store uploads a blob in one piece. */
export const engineCombinations = (store: 'containerd' | 'classic'): Combination[] =>
  combinationsOf(ENGINE_CALLS.filter(call => !(store === 'containerd' && call === 'engine PATCH blob')))
