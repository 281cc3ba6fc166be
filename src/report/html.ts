import { oneLine } from '../text.ts'

/** What may stand in a page as it is. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** HTML in which every value is escaped that is not HTML itself. */
export function html(
  texts: TemplateStringsArray,
  ...values: readonly (string | Html | readonly Html[])[]
): Html {
  const shown = values.map(value => {
    if (typeof value === 'string') return escapeHtml(value)
    return value instanceof Html ? value.text : value.map(({ text }) => text).join('')
  })
  return new Html(String.raw({ raw: texts }, ...shown))
}

function escapeHtml(text: string) {
  return oneLine(text).replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
