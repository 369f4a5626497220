/**
 * A diagnosis as a page of its own. Knows no file.
 */
import { heatColor } from '../pictures/heat.ts';
import type { Image } from '../pictures/image.ts';
import { both, page, section } from '../pictures/page.ts';
import { encodePng, pngDataUri } from '../pictures/png.ts';
import { escapeXml } from '../pictures/svg.ts';
import type { TokenReading } from '../text/tokenReading.ts';
import type { Diagnosis, Recovery } from './diagnosis.ts';
import { factTiles } from './diagnosisFacts.ts';
import { wholePercent } from './interval.ts';
import type { Neighbor } from './nearest.ts';
import { type Drawing, heatPictures, type ReadGroup } from './readDrawing.ts';
import { rowTable } from './rowTable.ts';

/** The whole page. The same diagnosis gives the same bytes. */
export function diagnosisPage(diagnosis: Diagnosis): string {
  const { prompt } = diagnosis;
  const sections = [headline(diagnosis), factTiles(diagnosis), maps(diagnosis), rows(diagnosis)];
  const more = [recoverySection(diagnosis), neighborsSection(diagnosis), tokensSection(diagnosis)];
  return page(`${prompt} · 진단`, [...sections, ...more], style);
}

function headline({ prompt, reference, model, textEncoder }: Diagnosis): string {
  const beside = reference === undefined ? '' : `<p class="reference">${escapeXml(reference)}</p>`;
  const by = `${both('그린 모델', 'drawn by')} ${escapeXml(model)} · ${both('읽은 인코더', 'read by')} ${escapeXml(textEncoder)}`;
  return `<header><p class="quiet kicker">${both('프롬프트 진단', 'Diagnosis of a prompt')}</p><h1 class="prompt">${escapeXml(prompt)}</h1>${beside}<p class="quiet by">${by}</p></header>`;
}

function maps({ drawing, referenceDrawing }: Diagnosis): string {
  const explained = `<p class="quiet">${both(
    '그리는 내내 모든 교차 주의(cross-attention)가 각 단어의 행을 어디서 읽었는지 더한 그림입니다(DAAM). 밝을수록 그곳이 그 단어를 많이 읽었습니다. 숫자는 읽기 전체에서 그 단어가 차지하는 몫입니다.',
    'Where all cross-attentions read the rows of each word, added up over the run (DAAM). The brighter a place, the more it reads the word; numbers are the word’s part of all reading.',
  )}</p>`;
  const all = [drawing, ...(referenceDrawing ? [referenceDrawing] : [])];
  return section('어느 단어를 어디서 읽었나', 'Where each word is read', explained, ...all.map(drawingMaps));
}

function drawingMaps(drawing: Drawing): string {
  const { picture, overlays, top } = heatPictures(drawing);
  const tile = (image: Image, alt: string, caption: string, kind: string) =>
    `<figure class="${kind}"><img alt="${escapeXml(alt)}" src="${dataUri(image)}"/><figcaption>${caption}</figcaption></figure>`;
  const tiles = drawing.groups.map((group, i) => {
    const caption = `<b>${groupName(group)}</b><span class="share">${wholePercent(group.share)}</span>`;
    return {
      special: group.kind !== 'word',
      html: tile(overlays[i] as Image, group.text || group.kind, caption, group.kind),
    };
  });
  const words = tiles.filter(({ special }) => !special).map(({ html }) => html);
  const special = tiles.filter((one) => one.special).map(({ html }) => html);
  const whole = tile(picture, drawing.text, `<b>${escapeXml(drawing.textEncoder)}</b>`, 'whole');
  const blacked = drawing.flagged
    ? `<p class="quiet">${both('모델의 안전 검사에 걸려 그림을 검게 지웠습니다.', 'The safety checker of the model blacked the picture out.')}</p>`
    : '';
  return `<h3>${escapeXml(drawing.text)}</h3>${blacked}<div class="maps">${whole}${words.join('')}${special.join('')}</div>${legend(top)}`;
}

function legend(top: number): string {
  const stops = Array.from({ length: 17 }, (_, i) => `rgb(${heatColor(i / 16).join(' ')})`).join(',');
  return `<div class="legend"><span>0</span><i style="background:linear-gradient(90deg,${stops})"></i><span>${top.toFixed(1)}×</span><span class="quiet">${both('그 단어의 평균 대비', 'of the word’s mean')}</span></div>`;
}

/** Special rows by what they are. */
function groupName({ kind, text, rows }: ReadGroup): string {
  if (kind === 'word') return escapeXml(text);
  if (kind === 'start') return both('시작', 'start');
  if (kind === 'end') return both('끝', 'end');
  return both(`끝 뒤의 ${rows.length}행`, `${rows.length} rows after the end`);
}

function dataUri(image: Image): string {
  return pngDataUri(encodePng(image));
}

function rows(diagnosis: Diagnosis): string {
  const notes = [
    both(
      '위치마다 인코더가 쓴 토큰, 그 행이 읽힌 비율, 그리고 같은 위치에서 교사의 영어 상태와 벌어진 정도입니다.',
      'For each place: the token, the part of all reading that goes to its row, and how far its state is from the teacher’s English one at the same place.',
    ),
    both(
      '학생은 위치마다 교사의 영어 행을 흉내 내도록 배웠으므로, 한 행이 나르는 뜻은 그 자리의 한국어 토큰이 아니라 영어 토큰일 수 있습니다.',
      'A student learns to imitate the teacher’s English row at each place, so a row may carry the English token of its place rather than its own.',
    ),
  ];
  return section(
    '위치마다',
    'Place by place',
    `<p class="quiet">${notes.join(' ')}</p>`,
    rowTable(diagnosis),
  );
}

function recoverySection({ recovery, own }: Diagnosis): string {
  if (!recovery) return '';
  const explained = both(
    '영어 기준문이 그려지는 길에서, 프롬프트로 예측한 잡음이 빈 프롬프트(0%)와 기준문(100%) 사이 어디에 있는지입니다. 앞 단계는 구도를, 뒤 단계는 세부를 정합니다.',
    'On the way on which the reference is drawn: where the noise predicted with the prompt lies between that of the empty prompt (0%) and that of the reference (100%). Early steps decide the composition, late ones the detail.',
  );
  const shown = [
    calls(recovery.prompt, both('지금', 'now')),
    ...(own
      ? []
      : [calls(recovery.byOwn, both('증류 전, 모델 자신의 인코더', 'before: the model’s own encoder'))]),
  ];
  return section(
    '조건이 얼마나 전해지나',
    'How much of the condition arrives',
    `<p class="quiet">${explained}</p>`,
    `<div class="charts">${shown.join('')}</div>`,
  );
}

function calls({ whole, calls: all }: Recovery, name: string): string {
  const bars = all.map(({ timestep, recovered }) => {
    const height = Math.max(0, Math.min(1, recovered));
    return `<i title="t = ${Math.round(timestep)}: ${wholePercent(recovered)}" style="height:${(100 * height).toFixed(1)}%"></i>`;
  });
  const [first, last] = [all[0]?.timestep ?? 0, all.at(-1)?.timestep ?? 0];
  return `<figure><figcaption>${name} <b class="now">${wholePercent(whole)}</b></figcaption><div class="columns">${bars.join('')}</div><div class="ends quiet"><span>t = ${Math.round(first)}</span><span>t = ${Math.round(last)}</span></div></figure>`;
}

function neighborsSection({ neighbors, reference }: Diagnosis): string {
  if (!neighbors) return '';
  const lists = [
    list(
      'en',
      neighbors.english,
      both(
        '프롬프트의 상태와 가장 가까운, 교사가 읽은 영어',
        'English, read by the teacher, nearest to the prompt’s states',
      ),
    ),
    list('ko', neighbors.korean, both('같은 인코더가 읽은 한국어', 'Korean, read by the same encoder')),
    ...(neighbors.reference
      ? [
          list(
            'en',
            neighbors.reference,
            `${both('영어 기준문에 가까운 영어', 'English near to the reference')} <q>${escapeXml(reference ?? '')}</q>`,
          ),
        ]
      : []),
  ];
  const count = neighbors.pool.toLocaleString('en');
  const explained = both(
    `${count}쌍 가운데 상태의 합(위치마다의 평균을 뺀)의 코사인이 큰 것들입니다. 프롬프트가 무엇으로 읽혔는지 보여 줍니다.`,
    `Of ${count} pairs, those with the largest cosine of summed states less the mean of all: what the prompt was taken for.`,
  );
  return section(
    '무엇으로 읽혔나',
    'What it was taken for',
    `<p class="quiet">${explained}</p>`,
    `<div class="charts">${lists.join('')}</div>`,
  );
}

function list(language: 'ko' | 'en', all: readonly Neighbor[], name: string): string {
  const other = language === 'ko' ? 'en' : 'ko';
  const lines = all.map(
    (one) =>
      `<tr><th scope="row">${escapeXml(one[language])}<small>${escapeXml(one[other])}</small></th><td class="number">${one.cosine.toFixed(2)}</td><td class="meter"><span class="track"><span class="keep" style="width:${wholePercent(Math.max(0, one.cosine))}"></span></span></td></tr>`,
  );
  return `<table class="near"><caption>${name}</caption><tbody>${lines.join('')}</tbody></table>`;
}

function tokensSection({ tokens, textEncoder, own, model }: Diagnosis): string {
  const readings = [
    chips(tokens.prompt, escapeXml(textEncoder)),
    ...(own
      ? []
      : [
          chips(
            tokens.byOwn,
            `${escapeXml(model)} · ${both('모델 자신의 인코더, 같은 프롬프트', 'the model’s own encoder, same prompt')}`,
          ),
        ]),
    ...(tokens.reference
      ? [chips(tokens.reference, `${escapeXml(model)} · ${both('영어 기준문', 'reference')}`)]
      : []),
  ];
  return section('토큰', 'Tokens', ...readings);
}

function chips({ rows, cut, count, words }: TokenReading, name: string): string {
  const spelt = [...rows, ...cut].filter(({ word }) => word !== undefined);
  const kept = rows.filter(({ word }) => word !== undefined).length;
  const shown = words.map((_, place) => {
    const own = spelt.flatMap((token, i) =>
      token.word === place
        ? [
            `<span class="chip ${token.kind}${i >= kept ? ' cut' : ''}" title="${token.id}">${escapeXml(token.text)}</span>`,
          ]
        : [],
    );
    return `<span class="spelt">${own.join('')}</span>`;
  });
  const over = cut.length > 0 ? both(`, 뒤의 ${cut.length}개는 잘림`, `, the last ${cut.length} cut`) : '';
  const bytes = spelt.some(({ kind }) => kind === 'bytes')
    ? ` · ${both('점선: 글자의 한 조각(바이트)', 'dotted: bytes, a part of a character')}`
    : '';
  const unknown = spelt.some(({ kind }) => kind === 'unknown')
    ? ` · ${both('빨강: 모르는 말', 'red: unknown')}`
    : '';
  return `<h3>${name} <span class="quiet">${count} / 75${over}${bytes}${unknown}</span></h3><p class="chips">${shown.join('')}</p>`;
}

const style = `
.kicker{margin:0;font-size:13px}
h1.prompt{font-size:30px;letter-spacing:-.02em;line-height:1.25;padding-right:90px}
.reference{margin:2px 0 0;font-size:17px;color:var(--muted)}
.by{margin:6px 0 0;font-size:13px}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:10px;margin:20px 0 0}
.fact{background:var(--soft);border-radius:10px;padding:14px 16px;display:flex;flex-direction:column}
.fact b{font-size:26px;letter-spacing:-.02em;line-height:1.2}
.fact b q{font-size:16px;letter-spacing:0;line-height:1.35;display:block;padding:3px 0}
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:14px}
.maps img{display:block;width:100%;border-radius:8px;box-shadow:inset 0 0 0 1px var(--line)}
.maps .whole img{outline:2px solid var(--ink);outline-offset:2px}
.maps figcaption{display:flex;justify-content:space-between;gap:8px;align-items:baseline;padding:5px 2px 0;line-height:1.35}
.maps figcaption b{color:var(--ink);font-size:14px}
.maps .start b,.maps .end b,.maps .pad b{font-weight:400;color:var(--muted)}
.share{white-space:nowrap;font-size:12px;font-variant-numeric:tabular-nums}
.legend{display:flex;align-items:center;gap:8px;font-size:12px;margin:12px 0 0;font-variant-numeric:tabular-nums}
.legend i{width:180px;height:9px;border-radius:5px}
.rows td.meter,.near td.meter{width:24%;vertical-align:middle}
.near td.meter{width:18%}
.near th{overflow-wrap:anywhere}
.rows td,.rows th{vertical-align:middle}
.rows th:first-child{min-width:0}
.rows .place{color:var(--muted);width:4.5em;font-variant-numeric:tabular-nums}
.rows .chip{white-space:nowrap}
.rows .number{width:4.5em}
.rows .special{color:var(--muted)}
.over{background:var(--drop)}
.columns{display:flex;align-items:flex-end;gap:2px;height:120px;background:linear-gradient(var(--line),var(--line)) 0 0/100% 1px no-repeat,linear-gradient(var(--line),var(--line)) 0 50%/100% 1px no-repeat;border-bottom:1px solid var(--line);margin:8px 0 0}
.columns i{flex:1;background:var(--keep);border-radius:2px 2px 0 0;min-height:1px}
.ends{display:flex;justify-content:space-between;font-size:12px}
.now{color:var(--ink);font-size:17px;margin-left:6px}
.chips{display:flex;flex-wrap:wrap;gap:6px 12px;margin:6px 0 0}
.spelt{display:inline-flex;gap:2px}
.chip{background:var(--soft);border:1px solid var(--line);border-radius:6px;padding:1px 7px;font-size:14px}
.chip.bytes{border-style:dotted;border-color:var(--muted);font:12px/1.8 ui-monospace,monospace}
.chip.unknown{border-color:#cf3341;color:#cf3341}
.chip.cut{opacity:.45;text-decoration:line-through}
h3 .quiet{font-weight:400;font-size:12.5px;margin-left:6px}
`;
