import { oneLine } from '../text.ts'

export interface Html {
  readonly text: string
}

/** HTML in which every value is escaped that is not HTML itself. */
export function html(
  texts: TemplateStringsArray,
  ...values: readonly (string | Html | readonly Html[])[]
): Html {
  const shown = values.map(value => (typeof value === 'string' ? escapeHtml(value) : joined([value].flat())))
  return { text: String.raw({ raw: texts }, ...shown) }
}

function joined(all: readonly Html[]) {
  return all.map(({ text }) => text).join('')
}

function escapeHtml(text: string) {
  return oneLine(text).replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
