/**
 * Charts as inline SVG text. Colours are CSS variables of the page, so a chart follows its light or dark look; every mark
 * has a title that a pointer or a reader can ask for. Numbers in, text out; nothing is fetched and no script runs.
 */

/** A straight axis. */
export interface Axis {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

/** One mark of a scatter plot. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly title: string;
  readonly shape: 'dot' | 'square' | 'star';
  /** Vertical interval drawn through the mark. */
  readonly low?: number;
  readonly high?: number;
}

const width = 560;
const height = 340;
const left = 62;
const right = 16;
const top = 14;
const bottom = 46;

/** Escapes text for HTML and SVG. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Marks over two axes, with the line y = x where `diagonal` is set. */
export function scatter(x: Axis, y: Axis, marks: readonly Mark[], diagonal = false): string {
  const toX = scale(x, left, width - right);
  const toY = scale(y, height - bottom, top);
  const line = diagonal
    ? [`<path class="diagonal" d="M${toX(x.min)} ${toY(y.min)}L${toX(x.max)} ${toY(y.max)}"/>`]
    : [];
  return figure([...axes(x, y, toX, toY), ...line, ...marks.map((mark) => markSvg(mark, toX, toY))]);
}

/** Pairs of bars over categories. */
export interface Pair {
  readonly name: string;
  readonly first: number;
  readonly second: number;
}

/** Two bars per category, the first filled, the second outlined. */
export function pairedBars(label: string, pairs: readonly Pair[], y: Axis, names: readonly [string, string]): string {
  const x: Axis = { label, min: 0, max: pairs.length, ticks: [], format: String };
  const toX = scale(x, left, width - right);
  const toY = scale(y, height - bottom, top);
  const step = (width - right - left) / Math.max(1, pairs.length);
  const bar = (at: number, value: number, kind: string, title: string): string =>
    `<rect class="${kind}" x="${at.toFixed(1)}" y="${toY(value)}" width="${(step * 0.34).toFixed(1)}" height="${Math.max(0, Number(toY(y.min)) - Number(toY(value))).toFixed(1)}"><title>${escaped(title)}</title></rect>`;
  const bars = pairs.flatMap(({ name, first, second }, index) => {
    const at = Number(toX(index)) + step * 0.14;
    return [
      bar(at, first, 'first', `${names[0]} ${name}: ${first.toFixed(3)}`),
      bar(at + step * 0.38, second, 'second', `${names[1]} ${name}: ${second.toFixed(3)}`),
      `<text class="tick" x="${(Number(toX(index)) + step / 2).toFixed(1)}" y="${height - bottom + 18}" text-anchor="middle">${escaped(name)}</text>`,
    ];
  });
  return figure([...axes(x, y, toX, toY), ...bars]);
}

function scale({ min, max }: Axis, from: number, to: number): (value: number) => string {
  const span = max === min ? 1 : max - min;
  return (value) => (from + ((Math.min(max, Math.max(min, value)) - min) / span) * (to - from)).toFixed(1);
}

function axes(x: Axis, y: Axis, toX: (value: number) => string, toY: (value: number) => string): string[] {
  return [
    ...y.ticks.map(
      (tick) =>
        `<path class="grid" d="M${left} ${toY(tick)}H${width - right}"/><text class="tick" x="${left - 8}" y="${toY(tick)}" dy="4" text-anchor="end">${escaped(y.format(tick))}</text>`,
    ),
    ...x.ticks.map(
      (tick) =>
        `<text class="tick" x="${toX(tick)}" y="${height - bottom + 18}" text-anchor="middle">${escaped(x.format(tick))}</text>`,
    ),
    `<path class="axis" d="M${left} ${top}V${height - bottom}H${width - right}"/>`,
    `<text class="label" x="${(left + width - right) / 2}" y="${height - 8}" text-anchor="middle">${escaped(x.label)}</text>`,
    `<text class="label" transform="rotate(-90)" x="${-(top + height - bottom) / 2}" y="15" text-anchor="middle">${escaped(y.label)}</text>`,
  ];
}

function markSvg(
  { x, y, title, shape, low, high }: Mark,
  toX: (v: number) => string,
  toY: (v: number) => string,
): string {
  const [cx, cy] = [toX(x), toY(y)];
  const bar =
    low === undefined || high === undefined ? '' : `<path class="whisker" d="M${cx} ${toY(low)}V${toY(high)}"/>`;
  const body =
    shape === 'square'
      ? `<rect class="square" x="${(Number(cx) - 5).toFixed(1)}" y="${(Number(cy) - 5).toFixed(1)}" width="10" height="10">`
      : `<circle class="${shape}" cx="${cx}" cy="${cy}" r="${shape === 'star' ? 8 : 4.5}">`;
  return `${bar}${body}<title>${escaped(title)}</title></${shape === 'square' ? 'rect' : 'circle'}>`;
}

function figure(parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img">${parts.join('')}</svg>`;
}
