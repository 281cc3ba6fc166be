import { Marked } from 'marked'

/** The look of a job summary at GitHub, as far as tables, code and headings go. */
const STYLE = `
  * { box-sizing: border-box; }
  body {
    margin: 0; padding: 20px; background: #f6f8fa; color: #1f2328;
    font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", Helvetica, Arial, sans-serif;
  }
  main { padding: 20px 24px; background: #fff; border: 1px solid #d1d9e0; border-radius: 6px; }
  h3 { margin: 0 0 14px; font-size: 18px; font-weight: 600; }
  p, pre, table { margin: 0 0 14px; }
  code, pre { font-family: ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; font-size: 12px; }
  code { padding: 2px 5px; background: #eff1f3; border-radius: 6px; }
  pre { padding: 12px 14px; background: #f6f8fa; border-radius: 6px; }
  pre code { padding: 0; background: none; }
  table { border-collapse: collapse; }
  th, td { padding: 6px 13px; border: 1px solid #d1d9e0; text-align: left; }
  th { font-weight: 600; }
  tbody tr:nth-child(2n) { background: #f6f8fa; }
  summary { margin-bottom: 12px; }
  details table { margin-bottom: 0; }
`

/** What stands in the page's `data-height` once it has been laid out. */
const MEASURE =
  'document.documentElement.dataset.height = Math.ceil(document.body.getBoundingClientRect().height)'

/** A job summary as a page of HTML, with what it folds unfolded. It says its height in `data-height`. */
export const summaryPage = (markdown: string): string => {
  const content = new Marked({ gfm: true, async: false }).parse(markdown) as string
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Job summary</title><style>${STYLE}</style></head>
<body><main>${content.replaceAll('<details>', '<details open>')}</main><script>${MEASURE}</script></body>
</html>
`
}
