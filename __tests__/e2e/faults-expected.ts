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
} from './fault-calls.ts'

/** Green; green with a second attempt in the log; red with this error; or, as docker decides, green or one of these. */
export type Expected = 'green' | 'retried' | ErrorName | readonly ErrorName[]

export interface Combination extends Injection {
  /** Whether the first tag is there when the run begins; nothing else is. */
  readonly firstIsThere: boolean
  readonly expected: Expected
}

/** Whether a run is patient with it, for most of a minute: nothing answers, or what passes stays. */
export function isLong({ fault, times }: Injection): boolean {
  return fault === 'time-out' || (times === 'always' && PASSING.includes(fault))
}

/** Every combination of a call of the bundle and what can happen to it. */
export function ourCombinations(): Combination[] {
  return combinationsOf(OUR_CALLS, expectedOfOurs)
}

/** Every combination of a call of docker; an engine with the containerd store uploads a blob in one piece. */
export function engineCombinations(store: 'containerd' | 'classic'): Combination[] {
  const calls = ENGINE_CALLS.filter(call => !(store === 'containerd' && call === 'engine PATCH blob'))
  return combinationsOf(calls, expectedOfEngine)
}

function combinationsOf<T extends Call>(
  calls: readonly T[],
  expectedOf: (call: T, fault: Fault, once: boolean) => Expected,
): Combination[] {
  return calls.flatMap(call =>
    statesBefore(call).flatMap(firstIsThere =>
      FAULTS.filter(fault => canHappen(fault, call, firstIsThere)).flatMap(fault =>
        (['once', 'always'] as const).map(times => ({
          call,
          fault,
          times,
          firstIsThere,
          expected: expectedOf(call, fault, times === 'once'),
        })),
      ),
    ),
  )
}

/** Whether the first tag is there when a call of this kind is made at all, and tells most. */
function statesBefore(call: Call): readonly boolean[] {
  if (call === 'head') return [false, true]
  return [['tags/list', 'get published', 'get platform', 'config'].includes(call)]
}

/** Whether an answer has what a fault could spoil. */
function canHappen(fault: Fault, call: Call, firstIsThere: boolean): boolean {
  switch (fault) {
    case 'truncated body':
      return !isHead(call)
    case 'half a body':
      return !isHead(call) && !/PUT|POST|PATCH|put|upload|cancel/.test(call)
    case 'wrong digest header':
    case 'no digest header':
      // An answer that there is nothing has no digest.
      return call === 'head' ? firstIsThere : /^(?:get|config|read|put|final|engine PUT)/.test(call)
    case 'answer lost, then 412':
      return call === 'put' || call === 'engine PUT manifest'
    case '404':
      // The registry says that there is nothing, and nobody else knows better: see docs/reliability.md.
      return !(call === 'head' && firstIsThere)
    default:
      return true
  }
}

function isHead(call: Call): boolean {
  return /head/.test(call)
}

/** The faults that pass. */
const PASSING: readonly Fault[] = ['429', '500', '503', 'reset', 'answer lost', 'time-out', 'truncated body']

/** The faults whose answer says by a code of its body why. */
const REFUSALS: Partial<Record<Fault, ErrorName>> = {
  '401': 'registry-denied',
  '403': 'registry-denied',
  '412 immutable': 'registry-refused',
  '412 vulnerable': 'registry-refused',
}

/** Where a fault means something else than elsewhere. */
const SPECIAL: Partial<Record<OurCall, Partial<Record<Fault, Expected>>>> = {
  ping: {
    '401': 'registry-unreadable',
    '404': 'registry-unreadable',
    // How to ask is in the header; a registry that does not say asks when it is asked for something.
    'half a body': 'green',
    'not JSON': 'green',
    redirect: 'registry-unreadable',
  },
  token: {
    '401': 'registry-denied',
    '403': 'registry-denied',
    '404': 'registry-unreadable',
    '412 immutable': 'registry-unreadable',
    '412 vulnerable': 'registry-unreadable',
    'half a body': 'registry-unreadable',
    'not JSON': 'registry-unreadable',
    'redirect to a thief': 'registry-denied',
  },
  // What the header says is there is read, and is something else.
  head: { '404': 'green', 'wrong digest header': 'not-as-planned' },
  'tags/list': { '404': 'green' },
  'get published': { '404': 'not-published', 'wrong digest header': 'registry-unreadable' },
  // An index may list what the registry does not have; then nobody knows the revision.
  'get platform': { '404': 'already-published' },
  config: { '404': 'registry-unreadable' },
  upload: {
    '404': 'registry-unreadable',
    'not JSON': 'registry-unreadable',
    redirect: 'registry-unreadable',
  },
  'read back': { '404': 'not-as-planned', 'wrong digest header': 'registry-unreadable' },
  'head again': { '404': 'green' },
  put: {
    // The registry has it, whatever became of its answer.
    'answer lost': 'retried',
    'truncated body': 'retried',
    'answer lost, then 412': 'retried',
    '404': 'registry-unreadable',
    // Status 200 is taken for a success, and what is not there is found out.
    'not JSON': 'not-as-planned',
    redirect: 'registry-unreadable',
    'redirect to a thief': 'registry-unreadable',
  },
  'final head': { '404': 'not-as-planned', 'wrong digest header': 'not-as-planned' },
}

/** The end of a run in which a call of the bundle failed. */
function expectedOfOurs(call: OurCall, fault: Fault, once: boolean): Expected {
  // An upload ends by itself, too.
  if (call === 'cancel') return 'green'
  const special = SPECIAL[call]?.[fault]
  if (special !== undefined) return special
  if (PASSING.includes(fault)) return once ? 'retried' : 'registry-unreadable'
  const isOnceRefused = once && (isHead(call) || fault === '401')
  const refusal = REFUSALS[fault]
  if (refusal !== undefined) return isOnceRefused ? 'green' : refusal
  if (fault === 'not JSON') return isOnceRefused ? 'green' : 'registry-unreadable'
  const isNoAnswer = ['429 for long', 'half a body', 'redirect to a thief'].includes(fault)
  // Another digest in a header that is not believed, no such header, a redirect.
  return isNoAnswer ? 'registry-unreadable' : 'green'
}

/** The end of a run in which a call of docker or its engine failed. */
function expectedOfEngine(call: EngineCall, fault: Fault, once: boolean): Expected {
  const isLogin = call === 'engine ping' || call === 'engine token'
  const error = isLogin ? 'login-failed' : 'push-failed'
  // The read-back finds out what docker only believes to have pushed.
  const decides: Expected = isLogin ? ['login-failed', 'push-failed'] : ['push-failed', 'not-as-planned']
  // Docker may read no more of an answer than its header, and takes a strange answer to its first question for
  // that of a registry that needs no login.
  if (fault === 'truncated body' || (call === 'engine ping' && /^(?:429|500|503)/.test(fault))) return decides
  if (PASSING.includes(fault)) {
    if (once) return 'green'
    // What was written is found when it is looked for again.
    return fault === 'answer lost' || call === 'engine get' ? decides : error
  }
  const isRefused = fault === '403' || fault === '412 immutable' || fault === '412 vulnerable'
  return isRefused && /POST|PATCH|PUT/.test(call) && !once ? error : decides
}
