import type { Desired } from './desired.ts'
import { digestAt, type Observed } from './observed.ts'
import type { Withhold } from './step.ts'

/**
 * Whether it is right that a stable tag waits. Once a version is promoted, nothing of it waits any more, not even a tag that
 * moves; who does not promote must not write it all the same, which is why it is withheld.
 */
export function mayWait({ tag }: Withhold, { first, copies }: Desired, observed: Observed): boolean {
  const fixed = copies.filter(({ stable, moving }) => stable && !moving)
  const image = digestAt(observed, first.tag)
  const isPromoted =
    fixed.length > 0 && image !== undefined && fixed.every(each => digestAt(observed, each.tag) === image)
  return !(tag.moving && isPromoted)
}
