/** The look of report pages: one column, system fonts, colours for light and dark as variables. */

/** CSS of a report page. */
export const pageStyle = [
  ':root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--paper:#fff;--line:#dfe4ea;--mark:#1f6feb;--other:#b35900;--glow:#e8f0fe}',
  '@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa5b4;--paper:#12161c;--line:#2b333d;--mark:#6ca8ff;--other:#ffb366;--glow:#1b2a41}}',
  'body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}',
  'main{max-width:60rem;margin:0 auto;padding:1.5rem}h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .4rem}p{margin:.3rem 0 .6rem;color:var(--soft);max-width:46rem}',
  '.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.87rem}th,td{text-align:left;padding:.28rem .9rem .28rem 0;border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600}.figure{text-align:right}.marked td{background:var(--glow)}',
  'svg{width:100%;max-width:35rem;height:auto;display:block}svg text{fill:var(--soft);font-size:12px}svg .label{fill:var(--ink)}',
  '.grid{stroke:var(--line)}.axis{stroke:var(--soft);fill:none}.diagonal{stroke:var(--soft);stroke-dasharray:5 4}.whisker{stroke:var(--mark);stroke-opacity:.5;stroke-width:2}',
  '.dot,.first{fill:var(--mark)}.dot{fill-opacity:.75}.second{fill:none;stroke:var(--mark);stroke-width:1.5}.square{fill:var(--other)}.star{fill:none;stroke:var(--ink);stroke-width:2.5}',
].join('');
