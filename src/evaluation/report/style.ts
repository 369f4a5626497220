/**
 * What the report adds to the style of pages.
 */
export const style = `
:root{--good:#1a8f4c;--bad:#cf3341}
@media (prefers-color-scheme:dark){:root{--good:#45c07a;--bad:#ef6b76}}
h1{font-weight:600;color:var(--muted);font-size:15px}
.subject{font-size:24px;font-weight:650;letter-spacing:-.01em;margin:2px 0 18px}
.subject .quiet{font-size:14px;font-weight:400;margin-left:6px;letter-spacing:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px}
.tile{background:var(--soft);border-radius:10px;padding:14px 16px 12px;display:flex;flex-direction:column}
.tile .what,.tile .quiet{font-size:13px}
.tile b{font-size:40px;line-height:1.25;letter-spacing:-.03em;font-weight:680}
.tile i,.value i{font-style:normal;font-weight:400;font-size:.55em;color:var(--muted);margin-left:1px}
.value i{font-size:.8em}
td small,th small{font-weight:400}
.system{white-space:nowrap}
.system.goal{color:var(--muted)}
.system.after{font-weight:650}
.glance th,.glance td{vertical-align:middle}
.glance thead .number{text-align:left;padding-right:24px;vertical-align:bottom}
.measure{padding-right:24px;min-width:130px}
.value{font-variant-numeric:tabular-nums;font-size:14px}
.gauge{display:block;position:relative;height:8px;background:var(--soft);border-radius:4px;margin-top:2px}
.gauge b{position:absolute;left:0;top:0;bottom:0;border-radius:4px;background:color-mix(in srgb,var(--muted) 45%,var(--paper))}
.gauge.after b{background:var(--keep)}
.gauge.before b{background:var(--drop)}
.gauge s{position:absolute;top:3px;height:2px;min-width:2px;background:var(--ink);opacity:.75;text-decoration:none}
.heats td,.heats th{vertical-align:middle}
.heats thead th{vertical-align:bottom;max-width:110px}
.heats td.number{color:var(--muted)}
.heat{text-align:center;font-variant-numeric:tabular-nums;padding:6px 10px;background:color-mix(in srgb,var(--keep) var(--heat,0%),var(--paper));border-bottom:0;box-shadow:inset 0 0 0 1px var(--paper);border-radius:6px;min-width:64px;width:12%}
.heat.below{background:color-mix(in srgb,var(--drop) var(--heat,0%),var(--paper))}
.heats thead .number{text-align:center;padding:5px 8px}
.heat small{color:inherit;opacity:.72;font-size:11px}
.heats .total th,.heats .total td{padding-top:10px;padding-bottom:10px}
.heats .number{width:1%}
.worst thead th:nth-child(2){text-align:left}
.worst td:nth-child(2){white-space:nowrap}
.worst th:first-child{width:70%}
.examples th,.examples td{vertical-align:middle;border-bottom:0;padding:4px 12px 4px 0}
.examples thead .number{text-align:left;vertical-align:bottom;max-width:112px}
.examples tbody th{border-bottom:0}
.examples{margin-bottom:10px}
.examples img{width:88px;height:88px;border-radius:10px;display:block;outline:1px solid color-mix(in srgb,var(--ink) 9%,transparent);outline-offset:-1px}
.examples td:nth-child(2){padding-right:22px}
.examples td{width:112px}
.picture{position:relative;display:block;width:88px}
.picture em{position:absolute;right:-6px;bottom:-6px;width:22px;height:22px;line-height:22px;border-radius:50%;text-align:center;font-style:normal;font-size:13px;font-weight:700;color:#fff;background:var(--bad);box-shadow:0 0 0 2px var(--paper)}
.picture em.good{background:var(--good)}
tr.quiet th,tr.quiet td{color:var(--muted)}
`;
