import type { Desired } from './desired.ts'
import { digestAt, type Observed } from './observed.ts'
import type { Withhold } from './step.ts'

/** Whether a version was promoted: it has fixed stable tags, and all of them are its image. */
const isPromoted = ({ first, copies }: Desired, observed: Observed): boolean => {
  const fixed = copies.filter(({ stable, moving }) => stable && !moving)
  const image = digestAt(observed, first.tag)
  return (
    fixed.length > 0 && image !== undefined && fixed.every(({ tag }) => digestAt(observed, tag) === image)
  )
}

/**
 * Whether it is right that a stable tag waits. Once a version is promoted, nothing of it waits any more, not even a tag that
 * moves; who does not promote must not write it all the same, which is why it is withheld.
 */
export const mayWait = ({ tag }: Withhold, desired: Desired, observed: Observed): boolean =>
  !(tag.moving && isPromoted(desired, observed))
