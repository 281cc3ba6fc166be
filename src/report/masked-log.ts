import type { Log } from '../log.ts'
import type { Secrets } from '../secrets.ts'

/** The same log without secrets. What programs print is passed on by whole lines, as a secret may come in two pieces. */
export function maskedLog(log: Log, secrets: Secrets): Log {
  const mask = (text: string): string => secrets.mask(text)
  /** The beginning of a line whose end has not come yet. */
  let begun = ''
  const show = (text: string): void => {
    if (text !== '') log.raw(mask(text))
  }
  return {
    info: message => log.info(mask(message)),
    warning: (title, message) => log.warning(mask(title), mask(message)),
    notice: (title, message) => log.notice(mask(title), mask(message)),
    debug: message => log.debug(mask(message)),
    raw(text) {
      const known = begun + text
      const end = known.lastIndexOf('\n') + 1
      begun = known.slice(end)
      show(known.slice(0, end))
    },
    foreign: run =>
      log.foreign(() =>
        run().finally(() => {
          show(begun === '' ? '' : `${begun}\n`)
          begun = ''
        }),
      ),
    stage: (name, run) =>
      log.stage(mask(name), conclude => run((line, verdict) => conclude(mask(line), verdict))),
  }
}
