/** Rasters on the map and on cards, the table by units, and old places in the search. */

import { readFile } from "node:fs/promises";
import AxeBuilder from "axe-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawn, go, json, open, pixels, type Screen } from "./page.ts";

type Coverage = {
  id: number;
  kind: string;
  title: { vi: string };
  classes: { value: number; color: string }[] | null;
};
type Figures = {
  coverages: { kind: string; flooded_share: number | null; flooded_from_m: number | null }[];
};
type ByUnit = {
  rows: { key: string; name: string; count: number; sum: number }[];
  cannot_be_told: { count: number };
};

let screen: Screen;
let cover: Coverage;

beforeAll(async () => {
  screen = await open();
  const { coverages } = await json<{ coverages: Coverage[] }>("/coverages");
  const found = coverages.find((one) => one.kind === "land_cover");
  if (!found) throw new Error("the province has no land cover");
  cover = found;
});

afterAll(async () => {
  await screen.close();
});

/** Serious faults of the whole page, in words. */
async function faults(): Promise<string[]> {
  const { page } = screen;
  await page.evaluate(AxeBuilder.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof AxeBuilder };
    const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa"] });
    return violations
      .filter((one) => one.impact === "serious" || one.impact === "critical")
      .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  });
}

const crops = () => cover.classes?.find((one) => one.value === 3)?.color ?? "";
const box = () => screen.page.getByRole("checkbox", { name: cover.title.vi });

test("a raster is off at first, and nothing is fetched for it", async () => {
  const { page } = screen;
  await go(page);
  expect(screen.requests.filter((one) => /\/coverages\/\d+\/tiles/.test(one))).toEqual([]);
  await page.getByRole("button", { name: /Môi trường, ràng buộc/ }).click();
  expect(await box().getAttribute("aria-checked")).toBe("false");
  expect(await page.locator(".tl", { has: box() }).locator(".demo").innerText()).toBe("Minh họa");
});

test("a raster that is switched on is drawn in the colours of its legend, and stands in the address", async () => {
  const { page } = screen;
  const before = await pixels(page, crops());
  await box().click();
  await drawn(page);
  await expect.poll(() => pixels(page, crops()), { timeout: 20_000 }).toBeGreaterThan(before + 20_000);
  expect(page.url()).toContain(`layers=%2Bcoverage_${cover.id}`);
  expect(await page.locator(".rasters").innerText()).toContain(cover.title.vi);
  expect(await page.locator(".attr").innerText()).toContain("Dữ liệu minh họa");
  const legend = page.getByRole("group", { name: `Chú giải ${cover.title.vi}` });
  expect(await legend.locator(".key").count()).toBe((cover.classes?.length ?? 0) + 1);
  expect(await legend.innerText()).toContain("Không có số liệu");
  expect(await faults()).toEqual([]);
});

test("zones stay in sight over a raster", async () => {
  // "operating" at 0.82 over what lies below: the colour of its own outline is there whatever that is
  const { page } = screen;
  expect(Number(await page.locator(".mapbox").getAttribute("data-zones"))).toBeGreaterThan(20);
  expect(await pixels(page, "#14675a")).toBeGreaterThan(50);
});

test("a link restores the raster with its opacity, and switching it off takes it from the address", async () => {
  const { page } = screen;
  await go(page, `?layers=%2Bcoverage_${cover.id}:50`);
  expect(await box().getAttribute("aria-checked")).toBe("true");
  // half of the class's colour over the land #FAF8F3
  const half = [1, 3, 5].map((at) => {
    const [a, b] = [crops(), "#FAF8F3"].map((one) => Number.parseInt(one.slice(at, at + 2), 16));
    return Math.round(((a ?? 0) + (b ?? 0)) / 2)
      .toString(16)
      .padStart(2, "0");
  });
  await expect.poll(() => pixels(page, `#${half.join("")}`), { timeout: 20_000 }).toBeGreaterThan(20_000);
  await box().click();
  await drawn(page);
  expect(page.url()).not.toContain("%2Bcoverage_"); // its opacity is kept for the next time
  expect(await page.locator(".rasters").count()).toBe(0);
});

test("before the date of the rasters there are none, and the card says why", async () => {
  const { page } = screen;
  await go(page, "?as_of=2024-06-30&sel=zones/MH-DINH-QUAN");
  const ground = page.getByRole("region", { name: "Địa hình, ngập, lớp phủ" });
  await ground.locator(".none").waitFor();
  expect(await ground.innerText()).toContain("tại ngày 30/06/2024");
});

test("the card of a zone tells height, slope, floods with their threshold, and land cover", async () => {
  const { page } = screen;
  await go(page, "?sel=zones/MH-DINH-QUAN");
  const ground = page.getByRole("region", { name: "Địa hình, ngập, lớp phủ" });
  await ground.scrollIntoViewIfNeeded();
  await ground.locator(".one").first().waitFor();
  const { coverages } = await json<Figures>("/coverages/figures/zones/MH-DINH-QUAN");
  const flood = coverages.find((one) => one.kind === "flood_depth");
  const share = (100 * (flood?.flooded_share ?? Number.NaN)).toFixed(1).replace(".", ",");
  const told = await ground.innerText();
  expect(told).toMatch(/Cao độ trung bình\s+\d+,\d m/);
  expect(told).toMatch(/Độ dốc trung bình\s+\d+,\d %/);
  expect(told).toMatch(new RegExp(`Phần ngập sâu hơn 0,3 m\\s+${share} %`));
  expect(await ground.locator(".bar > i").count()).toBeGreaterThan(0);
  expect(told).toContain("01/01/2025");
  expect(await faults()).toEqual([]);
});

test("the card of a lot tells of its ground too", async () => {
  const { page } = screen;
  await go(page, "?sel=lots/MH-AMATA-CN-01");
  const ground = page.getByRole("region", { name: "Địa hình, ngập, lớp phủ" });
  await ground.locator(".one").first().waitFor();
  expect(await ground.innerText()).toMatch(/Cao độ trung bình\s+\d+,\d m/);
});

test("the zones by the districts that are gone: counts, hectares, and what cannot be told", async () => {
  const { page } = screen;
  await go(page, "?table=zones");
  await page.getByRole("button", { name: "Theo đơn vị" }).click();
  await page.getByRole("button", { name: "Huyện, quận" }).click();
  const rows = page.locator(".dock tbody tr[data-key]");
  await expect.poll(() => page.url()).toContain("units=district");
  await rows.first().waitFor();
  const { rows: told, cannot_be_told } = await json<ByUnit>(
    "/layers/zones/by-unit?level=district&units_on=2025-06-30",
  );
  expect(await rows.count()).toBe(told.length);
  const most = told.reduce((a, b) => (b.sum > a.sum ? b : a));
  expect(await rows.first().innerText()).toContain(most.name);
  const untold = page.locator(".dock .untold");
  expect(await untold.innerText()).toContain("Không xác định được");
  expect(await untold.locator(".num").first().innerText()).toBe(String(cannot_be_told.count));
  expect(await faults()).toEqual([]);
});

test("a click on a unit shows its boundary, of the date of the units", async () => {
  const { page } = screen;
  const { palette } = await json<{ palette: Record<string, string> }>("/catalogue");
  await go(page, "?table=zones&units=district");
  await page.locator(".dock .whole").waitFor();
  const ink = await pixels(page, palette["@select"] ?? "");
  const before = page.url();
  await page.locator(".dock tbody tr[data-key]").nth(1).click();
  await page.locator(".dock tbody tr.sel").waitFor();
  await drawn(page);
  await expect
    .poll(() => pixels(page, palette["@select"] ?? ""), { timeout: 20_000 })
    .toBeGreaterThan(ink + 60);
  expect(page.url()).not.toBe(before); // the camera went there
});

test("the table by units obeys the filter of the map", async () => {
  const { page } = screen;
  await go(page, "?table=zones&units=province&f.zones.status=clearing");
  await page.locator(".dock .whole").waitFor();
  const { rows, cannot_be_told } = await json<ByUnit>("/layers/zones/by-unit?level=province&status=clearing");
  const count = rows.reduce((sum, one) => sum + one.count, 0) + cannot_be_told.count;
  expect(await page.locator(".dock .whole .num").first().innerText()).toBe(String(count));
});

test("what is shown by units comes down as a sheet with its date and basis", async () => {
  const { page } = screen;
  await go(page, "?table=zones&units=province");
  await page.locator(".dock .whole").waitFor();
  const [sheet] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "CSV" }).click(),
  ]);
  expect(sheet.suggestedFilename()).toMatch(/^zones-province-\d{4}-\d{2}-\d{2}\.csv$/);
  const text = await readFile(await sheet.path(), "utf8");
  expect(text).toMatch(/^\ufeff"Khu, cụm công nghiệp, số liệu tính đến/);
  expect(text).toContain("Không xác định được");
  const listed = await page.locator(".dock tbody tr[data-key]").count();
  expect(text.trim().split("\r\n")).toHaveLength(4 + listed + 2);
});

test("units of a date can be typed, and a wrong date is refused in words", async () => {
  const { page } = screen;
  await go(page, "?table=zones&units=province");
  const field = page.getByRole("textbox", { name: "Đơn vị hành chính của ngày" });
  await field.fill("31/02/2025");
  await field.press("Enter");
  expect(await page.locator(".dock .basis [role=alert]").innerText()).toContain("Không phải một ngày");
  await field.fill("1/1/2024");
  await field.press("Enter");
  await expect.poll(() => page.url()).toContain("units=province%2C2024-01-01");
});

test("an old address is found in the search, and Enter goes to the unit of today", async () => {
  const { page } = screen;
  await go(page);
  await page.keyboard.press("/");
  await page.keyboard.type("xã Đồi 61, huyện Trảng Bom", { delay: 20 });
  const hit = page.locator("[role=option].old").first();
  await hit.waitFor();
  expect(await hit.innerText()).toMatch(/Đồi 61, Trảng Bom[\s\S]*nay là An Viễn, Đồng Nai/);
  expect(await hit.getAttribute("aria-selected")).toBe("true");
  const asked = screen.requests.filter((one) => one.includes("/places/resolve"));
  expect(asked.length).toBeLessThan(6); // not for every letter
  expect(await faults()).toEqual([]);
  const camera = page.url();
  await page.keyboard.press("Enter");
  await page.locator(".card h1").waitFor();
  expect(await page.locator(".card h1").innerText()).toBe("An Viễn");
  expect(page.url()).toContain("sel=admin_units%2Fcommune-");
  await drawn(page);
  expect(page.url().split("at=")[1]).not.toBe(camera.split("at=")[1]);
});

test("a divided unit offers its parts, and arrow keys choose among them", async () => {
  const { page } = screen;
  await go(page);
  const units = await json<{ rows: { key: string; name: string }[] }>(
    "/layers/admin_units/rows?limit=1000&as_of=2025-06-30&level=commune",
  );
  let split: string | null = null;
  for (const { name } of units.rows) {
    const told = await json<{ units: { split: boolean; parents: string[] }[] }>(
      `/places/resolve?q=${encodeURIComponent(name)}`,
    );
    const [unit] = told.units;
    if (told.units.length === 1 && unit?.split) split = `${name}, ${unit.parents[0]}`;
    if (split) break;
  }
  if (!split) throw new Error("the province has no divided commune");
  await page.keyboard.press("/");
  await page.keyboard.type(split);
  const old = page.locator("[role=option].old");
  await old.nth(1).waitFor();
  expect(await old.first().innerText()).toContain("chia tách: chọn phần");
  await page.keyboard.press("ArrowDown");
  expect(await old.nth(1).getAttribute("aria-selected")).toBe("true");
  const name = (await old.nth(1).locator("b").innerText()).replace(/^nay là /, "").split(",")[0];
  await page.keyboard.press("Enter");
  await page.locator(".card h1").waitFor();
  expect(await page.locator(".card h1").innerText()).toBe(name);
});

test("no script fails and every tile of a raster is answered", () => {
  expect(screen.faults).toEqual([]);
});
