import { afterAll, beforeAll, expect, test } from "vitest";
import { drawn, go, json, open, pixels, type Screen, serious, url } from "./page.ts";

type Listed = { total: number; rows: { key: string; name: string; point: [number, number] }[] };
type Catalogue = { palette: Record<string, string>; dates: string[]; today: string };

let screen: Screen;
let firm: Listed["rows"][number];
let palette: Record<string, string>;

beforeAll(async () => {
  screen = await open();
  palette = (await json<Catalogue>("/catalogue")).palette;
  const firms = await json<Listed>(
    "/layers/enterprises/rows?limit=1&vsic_code=2511&disposition=relocate&sort=area_needed_ha",
  );
  const first = firms.rows[0];
  if (!first) throw new Error("the province has no such firm");
  firm = first;
});

afterAll(async () => {
  await screen.close();
});

const text = (selector: string) => screen.page.locator(selector).first().innerText();

test("the first view draws the zones in the colours of the legend", async () => {
  const { page } = screen;
  await go(page);
  expect(Number(await page.locator(".mapbox").getAttribute("data-zones"))).toBeGreaterThan(20);
  // "operating" at 0.82 over the land: 0.82 × #2FA58A + 0.18 × #FAF8F3
  expect(await pixels(page, "#54b49d")).toBeGreaterThan(300);
  expect(await page.locator(".badge").innerText()).toBe("Dữ liệu minh họa");
  expect(await page.locator(".lg:has-text('Hoạt động') .num").first().innerText()).toMatch(/^\d+$/);
});

test("Vietnamese letters of the map come from the fonts that we serve", async () => {
  const faces = await screen.page.evaluate(() =>
    [...document.fonts].filter((face) => face.status === "error").map((face) => face.family),
  );
  expect(faces).toEqual([]);
  expect(screen.requests.some((one) => one.includes("noto-sans-vietnamese-400"))).toBe(true);
});

test("a firm found from the keyboard alone gets its zones ranked, with lines on the map", async () => {
  const { page } = screen;
  await go(page);
  const before = await pixels(page, palette["@match.line"] ?? "");
  await page.keyboard.press("/");
  await page.keyboard.type(firm.name);
  await page.locator(`[role=option]:has-text("${firm.name}")`).first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".rk").first().waitFor();
  await drawn(page);
  expect(await text(".fh h1")).toBe(firm.name);
  expect(await text(".rk .no")).toBe("1");
  expect(await text(".rk .sc")).toMatch(/^\d+,\d km$/);
  expect(await pixels(page, palette["@match.line"] ?? "")).toBeGreaterThan(before + 200);
  // nearest first
  const told = await page.locator(".rk .sc").allInnerTexts();
  const km = told.map((one) => Number(one.replace(".", "").replace(",", ".").replace(" km", "")));
  expect(km).toEqual([...km].sort((a, b) => a - b));
});

test("the funnel's dropped zones are listed with their reasons", async () => {
  const { page } = screen;
  await page.locator(".fun .out").last().click();
  await page.locator(".gates").waitFor();
  const pressed = page.locator(".gates button[aria-pressed=true] b");
  expect(Number(await pressed.innerText())).toBe(await page.locator(".dock tbody tr").count());
  expect((await page.locator(".dock td.reason").first().innerText()).length).toBeGreaterThan(10);
});

test("choosing a ranked zone shows it on the map and keeps the firm", async () => {
  const { page } = screen;
  const ink = await pixels(page, palette["@select"] ?? "");
  await page.locator(".rk").nth(1).click();
  await drawn(page);
  expect(page.url()).toContain("sel=zones%2F");
  expect(page.url()).toContain(`firm=${firm.key}`);
  await expect
    .poll(() => pixels(page, palette["@select"] ?? ""), { timeout: 20_000 })
    .toBeGreaterThan(ink + 60);
});

test("a click on an empty place asks for a firm of one's own and ranks zones for it", async () => {
  const { page } = screen;
  await go(page, "?layers=-enterprises,-admin_units,-roads");
  await page.locator(".canvas").click({ position: { x: 30, y: 400 } });
  await page.locator("#vsic").waitFor();
  await page.locator("#vsic").fill("25");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.locator("[role=option]:has-text('25')").first().click();
  await page.locator("#need").fill("1,5");
  await page.keyboard.press("Enter");
  await page.locator(".fun").waitFor();
  expect(page.url()).toMatch(/point=1\d\d\.\d+%2C1\d\.\d+&vsic=25&ha=1\.5/);
  expect(await page.locator(".rk").count()).toBeGreaterThan(0);
});

test("a form that is not filled says what is missing", async () => {
  const { page } = screen;
  await go(page, "?point=106.6,11.0&side=firm");
  await page.locator(".r form .btn.p").click();
  expect(await page.locator(".r form [role=alert]").count()).toBe(2);
});

test("a firm whose need the register lacks is asked for it, and then placed", async () => {
  const { page } = screen;
  const firms = await json<Listed>(
    "/layers/enterprises/rows?limit=1&area_needed_ha=&sort=key&vsic_code=1313",
  );
  const lacking = firms.rows[0];
  if (!lacking) throw new Error("the province has no such firm");
  const faults = screen.faults.length;
  await go(page, `?firm=${lacking.key}&side=firm`);
  await page.locator("#need").waitFor();
  expect(await text(".fh h1")).toBe(lacking.name);
  await expect.poll(() => page.locator("#vsic").inputValue()).toMatch(/^1313 – /);
  expect(await page.locator("#need").inputValue()).toBe("");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("need");
  expect(await page.locator(".r [role=alert]").count()).toBe(0);
  await page.keyboard.type("1,2");
  await page.keyboard.press("Enter");
  await page.locator(".fun").waitFor();
  expect(page.url()).toContain(`firm=${lacking.key}&ha=1.2`);
  expect(await text(".fh dd")).toContain("từ 1,2 ha");
  expect(screen.faults.slice(faults)).toEqual([]);
});

test("other hectares can be tried for a firm, and the register's come back", async () => {
  const { page } = screen;
  await go(page, `?firm=${firm.key}&side=firm`);
  await page.locator(".fun").waitFor();
  const before = await text(".fh dd");
  await page.locator(".fh .why").click();
  await page.locator("#need").fill("40");
  await page.keyboard.press("Enter");
  await expect.poll(() => text(".fh dd")).toContain("từ 40,0 ha");
  await expect.poll(() => text(".fun li:last-child .name")).toContain("40 ha");
  expect(page.url()).toContain("ha=40");
  await page.locator(".told .why").click();
  await expect.poll(() => text(".fh dd")).toBe(before);
  expect(page.url()).not.toContain("ha=");
});

test("names of layers, classes and tables are never cut, nor a card's buttons", async () => {
  const { page } = screen;
  for (const lang of ["vi", "en"]) {
    for (const view of ["sel=zones/MH-VSIP-3", `firm=${firm.key}&side=firm`]) {
      await go(page, `?lang=${lang}&${view}`);
      await page.locator(".r h1").waitFor();
      const cut = await page.evaluate(() =>
        [
          ...document.querySelectorAll<HTMLElement>(
            ".tl .name, .lg .class, .dhead .tabs, .dhead .tabs button",
          ),
        ]
          .filter((node) => node.scrollWidth > node.clientWidth + 1)
          .map((node) => node.innerText),
      );
      expect(cut, `${lang} ${view}`).toEqual([]);
      const right = await page.evaluate(() =>
        Math.max(
          ...[...document.querySelectorAll(".r .ib")].map((node) => node.getBoundingClientRect().right),
        ),
      );
      expect(right).toBeLessThanOrEqual(1366 - 8);
    }
  }
});

test("phases of a park stand in its table as phases, and are not counted again", async () => {
  const { page } = screen;
  const { total } = await json<{ total: number }>("/layers/zone_supply/rows?limit=1");
  await go(page, "?table=zone_supply&sort=name&q=giai");
  await page.locator("tr.phase").first().waitFor();
  expect(await text("tr.phase .tag")).toBe("giai đoạn");
  expect(Number((await text("#dock-tab-zone_supply")).replace("Khu ", ""))).toBeLessThan(total);
});

test("a zone out of sight that is chosen by name comes into sight", async () => {
  const { page } = screen;
  await go(page, "?at=107.9,11.9,13&table=zone_supply");
  await page.locator("tr[data-key]").first().click();
  await page.locator(".card h1").waitFor();
  await drawn(page);
  expect(Number(await page.locator(".mapbox").getAttribute("data-zones"))).toBeGreaterThan(0);
  await go(page, "?at=107.9,11.9,13");
  await page.keyboard.press("/");
  await page.keyboard.type("KCN VSIP III");
  await page.locator("[role=option]:has-text('KCN VSIP III')").first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".card h1").waitFor();
  await drawn(page);
  expect(Number(await page.locator(".mapbox").getAttribute("data-zones"))).toBeGreaterThan(0);
  // A firm's own card is opened without saying where the firm stands.
  await go(page, `?at=107.9,11.9,13&firm=${firm.key}&side=firm`);
  await page.locator(".facts .btn").click();
  await page.locator(".card .kf").waitFor();
  await drawn(page);
  const [lon, lat] = (/at=([^&]*)/.exec(page.url())?.[1] ?? "").split("%2C").map(Number);
  expect(Math.hypot((lon ?? 0) - firm.point[0], (lat ?? 0) - firm.point[1])).toBeLessThan(0.1);
});

test("another date gives other counts", async () => {
  const { page } = screen;
  const zones = () => page.locator(".tl:has-text('Khu, cụm công nghiệp') .n").innerText();
  await go(page);
  const now = await zones();
  await page.locator("[role=slider]").focus();
  await page.keyboard.press("Home");
  await page.waitForFunction(
    (before) => !document.querySelector("#dock-tab-zone_supply")?.textContent?.includes(` ${before}`),
    now,
  );
  await drawn(page);
  expect(await zones()).not.toBe(now);
  expect(page.url()).toContain("as_of=");
});

test("the slider steps from report to report", async () => {
  const { page } = screen;
  const { dates, today } = await json<Catalogue>("/catalogue");
  await go(page);
  await page.locator("[role=slider]").focus();
  await page.keyboard.press("ArrowLeft");
  const last = dates.filter((date) => date < today).at(-1);
  await page.waitForURL(`**as_of=${last}**`);
});

test("a class of the legend filters the map and the table, and the layer says so", async () => {
  const { page } = screen;
  await go(page);
  await page.locator(".lg:has-text('Đã lấp đầy')").click();
  await page.locator(".flag").waitFor();
  await drawn(page);
  const passing = await text(".lg.sum .num");
  expect(await text(".tabs [aria-selected=true]")).toBe(`Khu ${passing}`);
  expect(await text(".chip")).toContain("Đã lấp đầy");
  expect(await pixels(page, "#54b49d")).toBeLessThan(60);
});

test("table and map choose the same feature", async () => {
  const { page } = screen;
  await go(page);
  const ink = await pixels(page, palette["@select"] ?? "");
  const row = page.locator("tr[data-key]").nth(2);
  const key = await row.getAttribute("data-key");
  await row.click();
  await page.locator(".card h1").waitFor();
  await drawn(page);
  expect(page.url()).toContain(`sel=zones%2F${key}`);
  await expect
    .poll(() => pixels(page, palette["@select"] ?? ""), { timeout: 20_000 })
    .toBeGreaterThan(ink + 60);
  const name = await text(".card h1");
  // and back: Enter on the map chooses what lies in its middle, the zone or a phase of it
  const { rows } = await json<Listed>(`/layers/zones/rows?limit=1&key=${key}`);
  await go(page, `?at=${rows[0]?.point.join(",")},14`);
  await page.locator(".canvas canvas").focus();
  await page.keyboard.press("Enter");
  await page.locator(".card h1").waitFor();
  expect(await text(".card h1")).toContain(name);
});

test("a zone's card says how free land is counted, and the bars sum", async () => {
  const { page } = screen;
  await go(page, "?table=zone_supply");
  await page.locator("tr[data-key]").first().click();
  await page.locator(".fall td.num").first().waitFor();
  const value = async (row: number) =>
    Number(
      (await page.locator(".fall td.num").nth(row).innerText())
        .replace("−", "-")
        .replace(".", "")
        .replace(",", "."),
    );
  expect(await page.locator(".fall tr").count()).toBe(6);
  expect(await value(5)).toBeLessThanOrEqual((await value(2)) + 0.15);
  expect(await page.locator(".kf > div").count()).toBe(6);
});

test("a link restores what was on the screen", async () => {
  const { page } = screen;
  await go(page, `?firm=${firm.key}&side=firm&as_of=2025-12-31&layers=%2Blots,roads:40&f.zones.kind=KCN`);
  await page.locator(".rk").first().waitFor();
  await page.locator(".rk").first().click();
  await drawn(page);
  const state = async () => ({
    title: await text(".fh h1"),
    first: await text(".rk .nm"),
    on: await text("li.on .nm"),
    chip: await text(".chip"),
    date: await text(".time b"),
    camera: /at=([^&]*)/.exec(page.url())?.[1],
  });
  const before = await state();
  const link = page.url();
  await page.goto("about:blank");
  await page.goto(link);
  await page.locator("li.on").waitFor();
  await drawn(page);
  expect(await state()).toEqual(before);
  expect(before.date).toBe("31/12/2025");
});

test("English leaves no Vietnamese words but those of the data", async () => {
  const { page } = screen;
  for (const query of [
    "?lang=en",
    `?lang=en&firm=${firm.key}&side=firm&table=gates`,
    "?lang=en&point=106.6,11.0&side=firm",
    "?lang=en&sel=zones/MH-VSIP-3&table=enterprises",
  ]) {
    await go(page, query);
    await page.waitForTimeout(500);
    const left = await page.evaluate(() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found: string[] = [];
      while (walker.nextNode()) {
        const node = walker.currentNode;
        const marked = node.parentElement?.closest("[lang]")?.getAttribute("lang") === "vi";
        if (!marked && /[ăâđêôơưạ-ỹ]/i.test(node.textContent ?? "")) found.push(node.textContent ?? "");
      }
      for (const element of document.querySelectorAll("[aria-label],[title],[placeholder]")) {
        if (element.closest("[lang=vi]")) continue;
        for (const name of ["aria-label", "title", "placeholder"]) {
          const value = element.getAttribute(name) ?? "";
          if (/[ăâđêôơưạ-ỹ]/i.test(value)) found.push(`${name}: ${value}`);
        }
      }
      return found;
    });
    expect(left, query).toEqual([]);
  }
});

test("one click turns the language and keeps the view", async () => {
  const { page } = screen;
  await go(page, "?sel=zones/MH-VSIP-3");
  await page.locator(".card h1").waitFor();
  await page.locator(".seg button", { hasText: "EN" }).click();
  await page.getByText("How free land is counted").first().waitFor();
  expect(page.url()).toContain("lang=en");
  expect(page.url()).toContain("sel=zones");
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("en");
});

test("axe finds nothing serious on any view", async () => {
  const { page } = screen;
  const views = [
    "",
    `?firm=${firm.key}&side=firm&table=gates`,
    "?point=106.6,11.0&side=firm",
    "?sel=zones/MH-VSIP-3",
  ];
  for (const view of views) {
    await go(page, view);
    expect(await serious(screen.page), view || "first view").toEqual([]);
  }
  await page.locator(".top .tool", { hasText: /Đăng nhập|Tạo tài khoản/ }).click();
  expect(await serious(screen.page), "dialog").toEqual([]);
});

test.each([
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
])("nothing overflows the window at $width × $height", async (size) => {
  const { page } = screen;
  await page.setViewportSize(size);
  for (const view of ["", `?firm=${firm.key}&side=firm&table=gates`, "?sel=zones/MH-VSIP-3"]) {
    await go(page, view);
    const wide = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.scrollHeight,
    ]);
    expect(wide).toEqual([size.width, size.height]);
    const outside = await page.evaluate(
      () =>
        [...document.querySelectorAll(".top > *, .phead, .dhead > *, .card > *, .mui")].filter((node) => {
          const box = node.getBoundingClientRect();
          return (
            box.width > 0 && (box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1)
          );
        }).length,
    );
    expect(outside, view).toBe(0);
    const overlaps = await page.evaluate(() => {
      const boxes = [
        ...document.querySelectorAll(".scalebar, .keyed, .corner > *, .mtools, .badge, .chips"),
      ].map((node) => ({ name: node.className, box: node.getBoundingClientRect() }));
      return boxes.flatMap((a, i) =>
        boxes
          .slice(i + 1)
          .filter(
            (b) =>
              a.box.left < b.box.right &&
              b.box.left < a.box.right &&
              a.box.top < b.box.bottom &&
              b.box.top < a.box.bottom,
          )
          .map((b) => `${a.name} over ${b.name}`),
      );
    });
    expect(overlaps, view).toEqual([]);
  }
  await page.setViewportSize({ width: 1366, height: 768 });
});

test("no request leaves the machine and no script fails", () => {
  const origin = new URL(url).origin;
  const elsewhere = screen.requests.filter(
    (one) => !one.startsWith(origin) && !/^(blob:|data:|about:)/.test(one),
  );
  expect(elsewhere).toEqual([]);
  expect(screen.requests.length).toBeGreaterThan(50);
  expect(screen.faults).toEqual([]);
});

// The last of all: a refusal is an error of the console, which the test before forbids.
test("a wrong password or token is refused in words that say what to do", async () => {
  const { page } = screen;
  await go(page);
  await page.locator(".top .tool", { hasText: /Đăng nhập|Tạo tài khoản/ }).click();
  for (const [i, field] of (await page.locator("dialog input").all()).entries())
    await field.fill(`khong-dung-${i}-123456`);
  await page.locator("dialog .btn.p").click();
  const told = page.locator("dialog [role=alert]");
  await told.waitFor();
  expect(await told.innerText()).toMatch(/không đúng.*Hãy/s);
  expect(await page.locator("dialog").isVisible()).toBe(true);
});
