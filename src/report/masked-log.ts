import type { Log } from '../log.ts'
import type { Secrets } from '../secrets.ts'

/** Output of programs is passed on by whole lines: a secret may come in two pieces. */
export function maskedLog(log: Log, secrets: Secrets): Log {
  const mask = (text: string) => secrets.mask(text)
  let begun = ''
  return {
    info: message => log.info(mask(message)),
    warning: (title, message) => log.warning(mask(title), mask(message)),
    notice: (title, message) => log.notice(mask(title), mask(message)),
    debug: message => log.debug(mask(message)),
    raw(text) {
      const known = begun + text
      const end = known.lastIndexOf('\n') + 1
      begun = known.slice(end)
      if (end > 0) log.raw(mask(known.slice(0, end)))
    },
    foreign: run =>
      log.foreign(() =>
        run().finally(() => {
          if (begun !== '') log.raw(`${mask(begun)}\n`)
          begun = ''
        }),
      ),
    stage: (name, run) =>
      log.stage(mask(name), conclude => run((line, verdict) => conclude(mask(line), verdict))),
  }
}
