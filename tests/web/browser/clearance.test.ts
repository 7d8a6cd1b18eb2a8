import { afterAll, beforeAll, expect, test } from "vitest";
import type { Curve, OverdueRow, Summary, Zones } from "@/api/clearance.ts";
import { drawn, json, open, pixels, type Screen, serious, url } from "./page.ts";

type Overdue = { rows: OverdueRow[]; total: number };

let screen: Screen;
let zone: Zones["rows"][number];
let late: OverdueRow;
let asOf: string;

/** What is looked at: the last report day, and the followed zone whose first overdue row unlocks most per case. */
beforeAll(async () => {
  screen = await open();
  const { dates, today } = await json<{ dates: string[]; today: string }>("/catalogue");
  asOf = dates.filter((date) => date <= today).at(-1) ?? today;
  const { rows } = await json<Overdue>(`/clearance/overdue?as_of=${asOf}&limit=1000`);
  const zones = await json<Zones>(`/clearance/zones?as_of=${asOf}`);
  const first = rows.find((row) => row.cases > 1) ?? rows[0];
  const parks = zones.rows.filter((one) => one.basis === "tracked");
  const of = parks.find((one) => first?.case_keys[0]?.startsWith(one.key)) ?? parks[0];
  if (!first || !of) throw new Error("the province has no overdue case");
  late = first;
  zone = of;
});

afterAll(async () => {
  await screen.close();
});

const text = (selector: string) => screen.page.locator(selector).first().innerText();
const ready = () => screen.page.locator("[data-ready=true]").waitFor();
const vi = (value: number, decimals = 1) =>
  new Intl.NumberFormat("vi-VN", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    useGrouping: "always" as never,
  }).format(value);

async function look(query = ""): Promise<void> {
  await screen.page.goto(`${url}/?screen=clearance&as_of=${asOf}${query}`);
  await ready();
  await drawn(screen.page);
}

/** What does not fit: the page itself, or a part that sticks out of the window. */
async function outside(): Promise<string[]> {
  return screen.page.evaluate(() => {
    const root = document.documentElement;
    const page = root.scrollHeight > innerHeight || root.scrollWidth > innerWidth ? ["page scrolls"] : [];
    const parts = [...document.querySelectorAll(".clearance > *, .clearance .box, .drawer")];
    const out = parts.filter((part) => {
      const box = part.getBoundingClientRect();
      return box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.width < 40;
    });
    return [...page, ...out.map((part) => part.className)];
  });
}

test("the strip says every figure with what it is a share of", async () => {
  const told = await json<Summary>(`/clearance/summary?as_of=${asOf}`);
  await look();
  expect(await text("[data-figure=to_recover] .value")).toBe(`${vi(told.to_recover.ha ?? 0)} ha`);
  expect(await text("[data-figure=handed_over] .value")).toContain(
    `${vi((told.handed_over.ratio ?? 0) * 100)} %`,
  );
  expect(await text("[data-figure=handed_over] .told")).toContain(
    `của ${vi(told.handed_over.of_ha ?? 0)} ha`,
  );
  await screen.page.locator("[data-figure=handed_over] .face").focus();
  await screen.page.keyboard.press("Shift");
  const definition = screen.page.locator("[data-figure=handed_over] [role=tooltip]");
  await screen.page.locator("[data-figure=handed_over]").hover();
  await definition.waitFor();
  expect(await definition.locator("tbody tr").count()).toBe(told.denominators.length);
  expect(await text(".bar0 .demo")).toBe("Dữ liệu minh họa");
});

test("the curve is drawn from nought, with a table for those who do not see it", async () => {
  const told = await json<Curve>(`/clearance/curve?as_of=${asOf}&measure=ha`);
  expect(told.actual[0]?.[1]).toBe(0);
  expect(await screen.page.locator("path.actual").first().getAttribute("d")).toMatch(/^M/);
  expect(await screen.page.locator(".plot table.sr tbody tr").count()).toBeGreaterThan(3);
  await screen.page.locator(".plot svg").focus();
  await screen.page.keyboard.press("ArrowLeft");
  expect(await text(".reads")).toMatch(/Thực tế [\d.,]+ ha/);
  await screen.page.keyboard.press("Escape");
});

test("a stage that is chosen in the funnel filters the list and fades the rest of the map, and back", async () => {
  const { page } = screen;
  await look(`&zone=${zone.key}`);
  const stage = page.locator("[aria-label^='Phễu'] button.row").nth(late.rank);
  await stage.click();
  expect(new URL(page.url()).searchParams.get("group")).toBe(late.group);
  expect(await stage.getAttribute("aria-pressed")).toBe("true");
  await page.waitForFunction(
    (rank) =>
      [...document.querySelectorAll<HTMLElement>("tbody tr[data-row] .gs")].every((one) =>
        one.getAttribute("style")?.includes(`--gp-${rank}`),
      ),
    late.rank,
  );
  await page.locator(".chip .x").first().click();
  expect(new URL(page.url()).searchParams.get("group")).toBeNull();
});

test("a zone that is chosen in the table is what strip, list and map are about", async () => {
  const { page } = screen;
  await look();
  await page.locator(`tr[data-zone="${zone.key}"] button.zone`).click();
  await page.waitForFunction(
    (ha) => document.querySelector("[data-figure=to_recover] .value")?.textContent?.includes(ha),
    vi(zone.to_recover_ha ?? 0),
  );
  await drawn(page);
  expect(await text(".mapcol h2")).toBe(zone.name);
  // handed over at 0.88 over the land: 0.88 × #1E3564 + 0.12 × #FAF8F3 is near #384C75
  expect(await pixels(page, "#384c75")).toBeGreaterThan(200);
});

test("the time slider restyles the map without asking for a single tile", async () => {
  const { page, requests } = screen;
  await look(`&zone=${zone.key}`);
  const slider = page.locator("[role=slider]");
  const box = await slider.boundingBox();
  if (!box) throw new Error("no slider");
  const before = await pixels(page, "#384c75");
  const from = requests.length;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.6, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.05, y, { steps: 8 });
  await drawn(page);
  const during = await pixels(page, "#384c75");
  expect(requests.slice(from)).toEqual([]);
  expect(during).toBeLessThan(before / 4);
  // Let go where the zone exists: the figures of that day are asked for, the land is not.
  await page.mouse.move(box.x + box.width * 0.7, y, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction((old) => !location.search.includes(old), `as_of=${asOf}`);
  await ready();
  await drawn(page);
  expect(requests.slice(from).filter((one) => one.includes("/tiles/clearance_stage/"))).toEqual([]);
});

test("an overdue row leads to its case: brief, drawer and back, from the keyboard", async () => {
  const { page } = screen;
  await look();
  const row = page.locator(`tr[data-row="${late.id}"] button.case`);
  await row.focus();
  await page.keyboard.press("Enter");
  expect(new URL(page.url()).searchParams.get("case")).toBe(late.case_keys[0]);
  await page.locator(".brief ol li").first().waitFor();
  await page.locator(".brief button.why").first().focus();
  await page.keyboard.press("Enter");
  await page.locator(".drawer .kf").waitFor();
  expect(await page.locator(".drawer [role=tab]").count()).toBe(6);
  // Households are not everybody's: the section says so, and names nobody.
  await page.locator("#case-tab-people").click();
  expect(await text(".drawer [data-records=people]")).toContain("chỉ hiện với cán bộ");
  expect(await serious(screen.page)).toEqual([]);
  expect(await outside()).toEqual([]);
  await page.keyboard.press("Escape");
  expect(await page.locator(".drawer").count()).toBe(0);
});

test("a link restores zone, stage, case and measure", async () => {
  const { page } = screen;
  await look(`&zone=${zone.key}&group=${late.group}&case=${late.case_keys[0]}&open=1&measure=cases`);
  await page.locator(".drawer .kf").waitFor();
  expect(await page.locator(`tr[data-zone="${zone.key}"]`).getAttribute("class")).toContain("sel");
  expect(await page.locator("[aria-label^='Phễu'] .seg [aria-pressed=true]").innerText()).toBe("hồ sơ");
});

test("the rule of red, amber and green stands under the table that uses it", async () => {
  await look();
  const { rules } = await json<Zones>(`/clearance/zones?as_of=${asOf}`);
  const rule = await text(".rule");
  expect(rule).toContain(`${vi(rules.red_from * 100, 0)} %`);
  expect(rule).toContain("Mẫu số");
});

test("every figure can be had as JSON, CSV and XLSX", async () => {
  const { page } = screen;
  await look(`&zone=${zone.key}`);
  for (const name of ["Phễu theo giai đoạn", "Tiến độ bàn giao lũy kế", "So sánh khu"]) {
    await page.locator(`section[aria-label="${name}"] .exports button`).click();
    const links = await page.locator(`section[aria-label="${name}"] .exports a`).all();
    const forms = await Promise.all(links.map((link) => link.innerText()));
    expect(forms).toEqual(["XLSX", "CSV", "JSON"]);
    for (const link of links) {
      const answer = await fetch(url + (await link.getAttribute("href")));
      expect(answer.status).toBe(200);
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
    await page.keyboard.press("Escape");
  }
});

test("nothing serious for assistive technology, and all of it fits a small screen and a large one", async () => {
  const { page } = screen;
  for (const size of [
    { width: 1366, height: 768 },
    { width: 1920, height: 1080 },
  ]) {
    await page.setViewportSize(size);
    await look(`&zone=${zone.key}`);
    expect(await outside()).toEqual([]);
    expect(await serious(screen.page)).toEqual([]);
  }
  await page.setViewportSize({ width: 1366, height: 768 });
});

test("in English the screen says no Vietnamese of its own", async () => {
  await look("&lang=en");
  for (const selector of [".bar0 h1", ".strip", "[aria-label='Cases by stage'] .rows", ".rule"])
    expect(await text(selector)).not.toMatch(/[ăâđêôơưạảấầẩậắằẵặẹẻẽếềểệịỉĩọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹ]/i);
});

test("a date before all cases says that there is nothing, and what to do", async () => {
  await screen.page.goto(`${url}/?screen=clearance&as_of=2001-01-01`);
  await screen.page.locator(".nothing, [data-ready=true]").first().waitFor();
  await screen.page.locator(".nothing").waitFor();
  expect(await text(".nothing h2")).toBe("Chưa có hồ sơ giải phóng mặt bằng");
  expect(await serious(screen.page)).toEqual([]);
});

test("nothing was written to the console as an error", () => {
  expect(screen.faults).toEqual([]);
});
