/** Scales and ticks of our own charts: plain numbers in, plain numbers out. */

/** From values on [v0, v1] to pixels on [p0, p1]. */
export type Scale = (value: number) => number;

export function linear([v0, v1]: [number, number], [p0, p1]: [number, number]): Scale {
  const per = v1 === v0 ? 0 : (p1 - p0) / (v1 - v0);
  return (value) => p0 + (value - v0) * per;
}

/** Round steps from zero up to `top`: 1, 2 or 5 times a power of ten, at most `count` of them. */
export function ticks(top: number, count: number): number[] {
  if (!(top > 0)) return [0];
  const rough = top / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * power >= rough * (1 - 1e-9)) ?? 10) * power;
  const steps = Math.floor(top / step + 1e-9);
  return Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** Lengths of years that keep labels `label_px` apart, with at most one label per year. */
export function years(from: string, to: string, width_px: number, label_px: number): number[] {
  const first = Number(from.slice(0, 4));
  const last = Number(to.slice(0, 4));
  const all = Math.max(1, last - first + 1);
  const step = Math.max(1, Math.ceil((all * label_px) / Math.max(1, width_px)));
  return Array.from({ length: Math.ceil(all / step) }, (_, i) => first + i * step);
}

export type Point = [x: number, y: number];

const written = ([x, y]: Point) => `${x.toFixed(1)},${y.toFixed(1)}`;

/** An open line through points; "" for none. */
export function line(points: Point[]): string {
  return points.length === 0 ? "" : `M${points.map(written).join("L")}`;
}

/** The area between two lines that run over the same span. */
export function band(upper: Point[], lower: Point[]): string {
  return upper.length === 0 ? "" : `${line([...upper, ...[...lower].reverse()])}Z`;
}
