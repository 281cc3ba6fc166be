/** States have a colour and a shape beside their words. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --paper: light-dark(#fff, #15181c); --line: light-dark(#dde2e7, #333a42); }
body { margin: 1.5rem; background: var(--paper); color: light-dark(#1c2127, #e3e6ea); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { margin-top: 2rem; font-size: 1rem; }
p, ul { max-width: 60rem; } p { white-space: pre-line; } ul { padding: 0; list-style: none; }
li { padding: .5rem 0; border-top: 1px solid var(--line); } a { color: inherit; }
div { overflow: auto; max-height: 85vh; }
table { width: 100%; table-layout: fixed; border-spacing: 0; font-size: .875rem; }
th, td { width: 8rem; padding: .4rem .6rem; border-bottom: 1px solid var(--line); background: var(--paper); text-align: left; vertical-align: top; }
tr > :first-child { position: sticky; left: 0; z-index: 1; width: 6rem; }
thead th { position: sticky; top: 0; z-index: 1; } thead th:first-child { z-index: 2; }
summary { position: sticky; left: 0; padding: .5rem; }
.stable { color: light-dark(#116329, #6bd08a); } .waiting { color: light-dark(#7d4e00, #e3b341); }
.wrong { color: light-dark(#b3121d, #ff8d85); font-weight: 600; }
.stable::before { content: "✓ "; } .published::before { content: "○ "; } .waiting::before { content: "◐ "; } .absent::before { content: "– "; }
`
