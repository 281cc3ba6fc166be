/** The look of a page with `columns` services. States have a colour and a shape beside their words. */
export const pageStyle = (columns: number): string => `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fff, #15181c); --ink: light-dark(#1c2127, #e3e6ea); --faint: light-dark(#5b6571, #9aa5b1);
  --line: light-dark(#dde2e7, #333a42); --band: light-dark(#f5f7f9, #1c2126);
  --good: light-dark(#116329, #6bd08a); --wait: light-dark(#7d4e00, #e3b341); --bad: light-dark(#b3121d, #ff8d85);
  --alarm: light-dark(#fdecea, #3a1d1e);
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem; max-width: 100rem; background: var(--paper); color: var(--ink); font: 15px/1.5 -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0 0 .5rem; max-width: 45em; font-size: 1.5rem; font-weight: 600; line-height: 1.3; text-wrap: balance; }
h2 { margin: 2rem 0 .5rem; font-size: 1rem; font-weight: 600; }
p, ul { margin: 0 0 .5rem; max-width: 60rem; }
ul { padding: 0; list-style: none; }
li { padding: .5rem 0; border-top: 1px solid var(--line); }
a { color: inherit; }
.about, .key { color: var(--faint); font-size: .875rem; }
.verdict { font-size: 1.125rem; font-weight: 600; }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: 2rem 0 .75rem; max-width: none; }
.stable { color: var(--good); } .waiting { color: var(--wait); } .wrong, .unread { color: var(--bad); } .absent { color: var(--faint); }
[class]::before { display: inline-block; width: 1.25em; }
.stable::before { content: "✓"; } .published::before { content: "○"; } .waiting::before { content: "◐"; }
.wrong::before { content: "✗"; } .unread::before { content: "?"; } .absent::before { content: "–"; }
.table { overflow: auto; max-height: 85vh; border: 1px solid var(--line); border-radius: 6px; }
table { width: ${7 + columns * 8.25}rem; min-width: 100%; table-layout: fixed; border-collapse: separate; border-spacing: 0; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); background: var(--paper); text-align: left; vertical-align: top; }
td::before { margin-left: -.1em; }
td.wrong, td.unread { background: var(--alarm); font-weight: 600; }
th:first-child { position: sticky; left: 0; z-index: 1; width: 7rem; border-right: 1px solid var(--line); }
thead th { position: sticky; top: 0; z-index: 2; background: var(--band); }
thead th:first-child { z-index: 3; }
summary { position: sticky; left: 0; width: fit-content; padding: .5rem .75rem; color: var(--faint); cursor: pointer; }
@media (max-width: 40rem) { body { padding: 1rem; } h1 { font-size: 1.25rem; } th:first-child { width: 5.5rem; } }
@media print {
  @page { size: landscape; }
  :root { color-scheme: light; }
  .table { overflow: visible; max-height: none; }
  table { width: 100%; font-size: .6875rem; }
  th, td { padding: .2rem; position: static !important; }
  tr, li { break-inside: avoid; }
}
`
