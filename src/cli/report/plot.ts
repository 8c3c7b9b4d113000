/** Lines over time as inline SVG: no script, and nothing to load. */
import { utc } from './figures.ts';

export interface Series {
  readonly title: string;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
  /** How a value is written at the axis. */
  readonly shown: (value: number) => string;
  /** The area between the line and zero is filled. */
  readonly filled: boolean;
}

const [width, height] = [760, 220];
const margin = { left: 92, right: 12, top: 12, bottom: 26 };
/** More points than the plot has columns are not seen. */
const maxPoints = 1_400;

/** A text instead of a plot where there are under two points. */
export function plot({ title, points, shown, filled }: Series): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return '<p>not enough marks for a plot</p>';
  const values = points.map(({ value }) => value);
  const range = rangeOf(values, filled);
  const x = (atMs: number): number =>
    margin.left + ((atMs - first.atMs) / Math.max(1, last.atMs - first.atMs)) * (width - margin.left - margin.right);
  const y = (value: number): number =>
    margin.top + ((range.high - value) / (range.high - range.low)) * (height - margin.top - margin.bottom);
  const drawn = thinned(points).map(({ atMs, value }) => `${x(atMs).toFixed(1)},${y(value).toFixed(1)}`);
  const ticks = [0, 1, 2, 3].map((step) => range.low + ((range.high - range.low) * step) / 3);
  const floor = y(Math.min(Math.max(0, range.low), range.high)).toFixed(1);
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}"><title>${title}</title>`,
    ...ticks.map((value) => {
      const at = y(value).toFixed(1);
      return `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}"/><text x="${margin.left - 8}" y="${at}" dy="0.32em" text-anchor="end">${shown(value)}</text>`;
    }),
    `<text x="${margin.left}" y="${height - 6}">${utc(first.atMs)}</text>`,
    `<text x="${width - margin.right}" y="${height - 6}" text-anchor="end">${utc(last.atMs)} UTC</text>`,
    ...(filled
      ? [`<polygon class="area" points="${x(first.atMs)},${floor} ${drawn.join(' ')} ${x(last.atMs)},${floor}"/>`]
      : []),
    `<polyline class="line" points="${drawn.join(' ')}"/></svg>`,
  ].join('');
}

/** A flat line lies in the middle; what is filled reaches to zero. */
function rangeOf(values: readonly number[], filled: boolean): { readonly low: number; readonly high: number } {
  const seen = filled ? [...values, 0] : values;
  const low = seen.reduce((least, value) => Math.min(least, value));
  const high = seen.reduce((most, value) => Math.max(most, value));
  if (high > low) return { low, high };
  const around = Math.max(Math.abs(high) * 0.001, 0.0001);
  return filled ? { low: -around, high: 0 } : { low: low - around, high: high + around };
}

/** The lowest and the highest of each stretch stay, so that no peak is lost. */
function thinned(points: Series['points']): Series['points'] {
  if (points.length <= maxPoints) return points;
  const size = Math.ceil((2 * points.length) / maxPoints);
  const kept = new Set([0, points.length - 1]);
  for (let from = 0; from < points.length; from += size) {
    const stretch = points.slice(from, from + size).map(({ value }, index) => ({ value, index: from + index }));
    kept.add(stretch.reduce((least, one) => (one.value < least.value ? one : least)).index);
    kept.add(stretch.reduce((most, one) => (one.value > most.value ? one : most)).index);
  }
  return points.filter((_, index) => kept.has(index));
}
