/** How the pages look: light and dark, phone to desktop, without anything from elsewhere. */

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f6f5f2; --card: #ffffff; --ink: #1c1b19; --faint: #67635b; --line: #dedad1;
  --accent: #4338ca; --accent-ink: #ffffff; --soft: #ecebfa;
  --good: #17693a; --bad: #b3261e; --wait: #8a5a00;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15161a; --card: #1e2026; --ink: #e9e7e2; --faint: #a09c94; --line: #343741;
    --accent: #a5a1ff; --accent-ink: #15161a; --soft: #2b2b45;
    --good: #6fd694; --bad: #ff8f86; --wait: #e7b75a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
a { color: var(--accent); text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; background: var(--card); padding: 8px; z-index: 2; }
header { background: var(--card); border-bottom: 1px solid var(--line); }
header > div, main { max-width: 1180px; margin: 0 auto; padding: 0 20px; }
header > div { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 24px; }
.brand { font-weight: 650; color: var(--ink); text-decoration: none; padding: 12px 0; }
.brand span { color: var(--faint); font-weight: 400; }
nav { display: flex; gap: 2px; overflow-x: auto; flex: 1 1 auto; }
nav a { padding: 12px 10px; color: var(--faint); text-decoration: none; white-space: nowrap;
  border-bottom: 2px solid transparent; }
nav a:hover { color: var(--ink); }
nav a[aria-current] { color: var(--ink); border-color: var(--accent); font-weight: 550; }
main { padding-top: 22px; padding-bottom: 60px; }
h1 { font-size: 22px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 0 0 10px; }
.lead { color: var(--faint); margin: 0 0 18px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 16px 18px; margin: 0 0 16px; min-width: 0; }
.grid { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr));
  align-items: start; }
.grid .card { margin: 0; }
.stack { columns: 3 320px; column-gap: 16px; }
.stack .card { break-inside: avoid; }
.wide { overflow-x: auto; margin: 0 -18px -16px; padding: 0 18px 16px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 550; color: var(--faint); font-size: 13px; }
th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child > td { border-bottom: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.flush tr > :last-child { padding-right: 0; }
time, td, .id { font-variant-numeric: tabular-nums; }
time { white-space: nowrap; }
.id, pre, code { font-family: var(--mono); font-size: 13px; }
.id { white-space: nowrap; text-underline-offset: 4px; }
h1.id { font-size: 20px; white-space: normal; }
pre { margin: 0; overflow-x: auto; line-height: 1.55; tab-size: 2; }
.kinds { list-style: none; margin: 0; padding: 0; columns: 3 250px; column-gap: 32px; }
.kinds li { display: flex; justify-content: space-between; gap: 8px; padding: 3px 0;
  break-inside: avoid; border-bottom: 1px solid var(--line); }
.kinds span { color: var(--faint); font-variant-numeric: tabular-nums; }
.tag { display: inline-block; padding: 0 8px; border-radius: 20px; font-size: 13px;
  border: 1px solid currentColor; white-space: nowrap; color: var(--faint); }
.tag.good { color: var(--good); }
.tag.bad { color: var(--bad); }
.tag.wait { color: var(--wait); }
.empty { color: var(--faint); margin: 0; }
.said { border-radius: 10px; padding: 10px 14px; margin: 0 0 16px; background: var(--soft); }
.said.bad { background: transparent; border: 1px solid var(--bad); color: var(--bad); }
form { margin: 0; }
.fields { display: grid; gap: 10px; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; align-items: end; }
label.tick { display: flex; gap: 8px; align-items: center; font-size: 14px; color: var(--ink); }
label.tick input { width: auto; min-height: 0; }
.sums { margin: 14px 0 0; }
.sums dt, .sums dd { margin: 0; }
.sums dd { font-variant-numeric: tabular-nums; }
.sums .spread { padding: 3px 0; }
.sums .sum { font-weight: 600; border-top: 1px solid var(--line); }
.row { display: flex; flex-wrap: wrap; gap: 8px; align-items: end; }
label { display: grid; gap: 3px; font-size: 13px; color: var(--faint); min-width: 0; }
input, select, button { font: inherit; font-size: 15px; min-width: 0;
  color: var(--ink); background: var(--paper);
  border: 1px solid var(--line); border-radius: 7px; padding: 7px 10px; min-height: 38px;
  width: 100%; }
input[type=file] { padding: 5px; }
button { background: var(--card); cursor: pointer; width: auto; font-weight: 550;
  font-size: 14px; }
button:hover { border-color: var(--accent); }
button.main { background: var(--accent); color: var(--accent-ink); border-color: var(--accent); }
button.danger { color: var(--bad); }
button.small { min-height: 28px; padding: 1px 10px; font-size: 13px; margin: -2px 0; }
details > summary { cursor: pointer; color: var(--faint); }
.row + details { margin-top: 10px; }
details .row { margin-top: 8px; }
.search { display: flex; gap: 8px; flex: 0 1 300px; padding: 6px 0; }
.clock { font-size: 20px; font-variant-numeric: tabular-nums; margin: 0; }
.due { margin: 10px 0 14px; padding: 0; list-style: none; font-size: 14px; }
.due li { display: flex; flex-wrap: wrap; gap: 0 10px; padding: 2px 0; }
.narrow { max-width: 640px; }
.spread { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 8px 16px;
  align-items: baseline; }
@media (max-width: 560px) {
  header > div, main { padding-left: 14px; padding-right: 14px; }
  .search { flex: 1 1 100%; }
  .grid { grid-template-columns: 1fr; }
  .card { padding: 14px; }
  .wide { margin: 0 -14px -14px; padding: 0 14px 14px; }
  thead { position: absolute; left: -999px; }
  table, tbody, td { display: block; }
  tr { display: flex; flex-wrap: wrap; gap: 2px 12px; padding: 8px 0; align-items: baseline;
    border-bottom: 1px solid var(--line); }
  td { padding: 0; border: 0; overflow-wrap: anywhere; }
}
@media (prefers-reduced-motion: no-preference) {
  .fresh { animation: fresh 1.6s ease-out; }
  @keyframes fresh { from { background: var(--soft); } to { background: transparent; } }
}
`;
