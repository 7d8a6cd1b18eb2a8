/** Where the bars of "how free land is counted" begin and end, as shares of the widest one. */

export type Supply = Record<
  "industrial_ha" | "cleared_ha" | "ready_ha" | "leased_ha" | "reserved_ha" | "free_ha",
  number | null
>;

export type Step = { name: keyof Supply; value: number | null; from: number; to: number; minus: boolean };

/**
 * Industrial, cleared, ready; then what is leased and reserved hangs from the end of what is ready; then
 * what is free. A figure without data keeps its row and has no bar.
 */
export function fall(supply: Supply): Step[] {
  const whole = Math.max(supply.industrial_ha ?? 0, supply.ready_ha ?? 0, supply.free_ha ?? 0, 1e-9);
  const share = (value: number) => Math.max(0, Math.min(1, value / whole));
  const ready = supply.ready_ha ?? 0;
  const leased = supply.leased_ha ?? 0;
  const reserved = supply.reserved_ha ?? 0;
  const plain = (name: keyof Supply): Step => ({
    name,
    value: supply[name],
    from: 0,
    to: share(supply[name] ?? 0),
    minus: false,
  });
  const hung = (name: keyof Supply, end: number, size: number): Step => ({
    name,
    value: supply[name],
    from: share(end - size),
    to: share(end),
    minus: true,
  });
  return [
    plain("industrial_ha"),
    plain("cleared_ha"),
    plain("ready_ha"),
    hung("leased_ha", ready, leased),
    hung("reserved_ha", ready - leased, reserved),
    plain("free_ha"),
  ];
}
