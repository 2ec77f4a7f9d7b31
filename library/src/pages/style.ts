/** The style sheet of our pages: light and dark, narrow and wide, from either side. */
import { fitted } from "./colors.ts";
import type { Brand } from "./page-view.ts";

const LIGHT = { card: "#ffffff", accent: "#2f55d4" };
const DARK = { card: "#1a1f29", accent: "#7f9cff" };

const LAYOUT = `
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;justify-content:center;gap:1.25rem;padding:1.5rem 1rem;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,sans-serif}
.brand{font-weight:600;font-size:1.1rem}
.brand img{display:block;max-width:12rem;max-height:3.5rem}
main{width:100%;max-width:29rem;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:2.25rem 2rem}
main.wide{max-width:44rem}
h1{margin:0 0 .75rem;font-size:1.35rem;line-height:1.3}
h2{margin:2.25rem 0 .35rem;font-size:1.1rem}
.entry{margin:0;font-size:1rem;overflow-wrap:anywhere}
p{margin:0 0 1rem;overflow-wrap:anywhere}
.fact{margin:0 0 .35rem}
.fact+p:not(.fact){margin-top:1rem}
.dim{color:var(--dim);font-size:.875rem}
.foot{margin:1.5rem 0 0;padding-top:1rem;border-top:1px solid var(--line)}
code{font:inherit;font-family:ui-monospace,monospace;user-select:all}
form{margin:0}
.row{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}
a.go,button{display:inline-block;border:1px solid var(--accent);border-radius:9px;padding:.6rem 1.1rem;background:var(--accent);color:var(--on);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
a.quiet,button.quiet{background:transparent;border-color:var(--link);color:var(--link)}
a.go:focus-visible,button:focus-visible{outline:3px solid var(--link);outline-offset:3px}
.choices{list-style:none;margin:1.5rem 0 0;padding:0;display:grid;gap:.75rem}
.choices a.go{display:block}
.choices .dim{display:block;margin:.3rem 0 0;text-align:center}
.entries{list-style:none;margin:1rem 0 0;padding:0}
.entries>li{display:flex;flex-wrap:wrap;gap:.75rem 1.5rem;align-items:center;justify-content:space-between;padding:1rem 0;border-top:1px solid var(--line)}
.entries>li>div:first-child{flex:1 1 15rem;min-width:0}
.entries p{margin:.15rem 0 0}
.entries a.go,.entries button{padding:.4rem .85rem;font-size:.9rem}
.badge{display:inline-block;margin-inline-start:.5rem;border-radius:99px;padding:.05rem .6rem;background:var(--link);color:var(--card);font-size:.8rem;font-weight:600;white-space:nowrap}
@media (max-width:28rem){main{padding:1.5rem 1.15rem}.row>a.go,.row>button{flex:1 1 100%}}
`;

/** The whole of it for a brand. */
export function styleOf({ colors: { accent, accentDark } = {}, css = "" }: Brand): string {
  return `
:root{color-scheme:light dark;--ink:#1d2433;--dim:#5b6478;--paper:#f4f5f8;--card:${LIGHT.card};--line:#dfe3ea;${accentsOf(accent ?? LIGHT.accent, LIGHT.card)}}
@media (prefers-color-scheme:dark){:root{--ink:#e8ebf2;--dim:#9aa3b5;--paper:#12151c;--card:${DARK.card};--line:#2c3340;${accentsOf(accentDark ?? accent ?? DARK.accent, DARK.card)}}}${LAYOUT}${css === "" ? "" : `${css}\n`}`;
}

function accentsOf(given: string, card: string): string {
  const { accent, on, link } = fitted(given, card);
  return `--accent:${accent};--on:${on};--link:${link}`;
}
