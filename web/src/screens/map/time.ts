/** Days on the time strip: whole days since 1970, so that a day is a day in every time zone. */

export type Span = { from: number; to: number };

const DAY_MS = 86_400_000;

export function toDays(iso: string): number {
  return Math.round(Date.parse(`${iso}T00:00:00Z`) / DAY_MS);
}

export function fromDays(days: number): string {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

/** From the start of the first report's year to the end of the year after next: plans lie ahead. */
export function span(reports: string[], today: string): Span {
  const years = [...reports, today].map((date) => Number(date.slice(0, 4)));
  const first = Math.min(...years, Number(today.slice(0, 4)) - 1);
  const last = Math.max(...years, Number(today.slice(0, 4)) + 2);
  return { from: toDays(`${first}-01-01`), to: toDays(`${last}-12-31`) };
}

/** Quarters as ticks; years carry a label, every second one where they would touch. */
export function monthTicks(range: Span, width_px: number): { iso: string; label: string | null }[] {
  const first = Number(fromDays(range.from).slice(0, 4));
  const last = Number(fromDays(range.to).slice(0, 4));
  const years = last - first + 1;
  const step = Math.max(1, Math.ceil((years * 44) / Math.max(1, width_px)));
  const months = years <= 12 ? ["01", "04", "07", "10"] : ["01"];
  return Array.from({ length: years }, (_, i) => first + i).flatMap((year) =>
    months.map((month) => ({
      iso: `${year}-${month}-01`,
      label: month === "01" && (year - first) % step === 0 ? String(year) : null,
    })),
  );
}
