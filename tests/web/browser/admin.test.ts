import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { drawn, open, pixels, type Screen, serious, signIn, url } from "./page.ts";
import { shapefile } from "./shapefile.ts";

const token = inject("token");

let screen: Screen;
let folder: string;
let paths: string[];
/** The address of the import, once it has begun. */
let address = "";

/** "Đất trồng cây lâu năm" in TCVN3, byte by byte as latin-1 shows it. */
const TCVN3 = "\xa7\xca\x74 tr\xe5ng c\xa9y l\xa9u n\xa8m";
const HEADINGS = ["MAXA", "SOTO", "SOTHUA", "DIENTICH", "LOAIDAT", "GHICHU"];
const FIELDS = ["commune_code", "sheet_number", "parcel_number", "area_legal_m2", "land_type"];

// 24 squares of 50 m near 106°38′ E, 11°21′ N in VN-2000 TM-3 105°45′: one crosses itself, one repeats a key.
const SQUARES = Array.from({ length: 24 }, (_, i) => ({
  x: 596_500 + (i % 6) * 62,
  y: 1_255_300 + Math.floor(i / 6) * 58,
  side: 50,
  values: ["25771", "12", String(i === 9 ? 301 + 8 : 301 + i), "2500,0", "CLN", TCVN3],
  twisted: i === 15,
}));

beforeAll(async () => {
  screen = await open();
  folder = await mkdtemp(`${tmpdir()}/didoi-shapefile-`);
  const parts = shapefile("thua_dat_thu", HEADINGS, SQUARES);
  paths = await Promise.all(
    parts.map(async ({ name, bytes }) => {
      await writeFile(`${folder}/${name}`, bytes);
      return `${folder}/${name}`;
    }),
  );
});

afterAll(async () => {
  await screen.close();
  await rm(folder, { recursive: true, force: true });
});

const text = (selector: string) => screen.page.locator(selector).first().innerText();
const step = () => text(".wiz [aria-current=step] b");
const forward = () => screen.page.locator(".foot .btn.p").click();

/** Nothing sticks out of the window, and nothing on the map lies over something else. */
async function fits(): Promise<void> {
  const { page } = screen;
  for (const size of [
    { width: 1920, height: 1080 },
    { width: 1366, height: 768 },
  ]) {
    await page.setViewportSize(size);
    await page.waitForTimeout(300);
    const outside = await page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((node) => !node.closest(".scroll, .sr, svg, select, .maplibregl-map") && !node.matches(".sr"))
        .filter((node) => {
          const box = node.getBoundingClientRect();
          return box.width > 0 && (box.right > innerWidth + 1 || box.bottom > innerHeight + 1);
        })
        .map((node) => node.className || node.tagName),
    );
    expect(outside, `${size.width} × ${size.height}`).toEqual([]);
  }
}

test("who is not signed in is invited to, and told what the screen is for", async () => {
  const { page } = screen;
  await page.goto(`${url}/?screen=admin&tab=imports`);
  await page.locator(".invite h1").waitFor();
  expect(await serious(screen.page)).toEqual([]);
  expect(await page.locator("input[type=file]").count()).toBe(0);
});

test("a planner signs in from there", async () => {
  const { page } = screen;
  await signIn(page, token);
  expect(await serious(screen.page)).toEqual([]);
  await fits();
});

test("loose parts without .prj are read, and TCVN3 text is shown before and after", async () => {
  const { page } = screen;
  await page.locator("#imp-target").selectOption("parcels");
  await page.locator("select.field").nth(1).selectOption("old:74");
  await page.locator("input[type=file]").setInputFiles(paths);
  await page.locator(".wiz").waitFor();
  await page.locator(".cand").waitFor();
  address = page.url();
  expect(address).toMatch(/screen=admin&tab=imports&import=[0-9a-f-]{36}/);
  expect(await step()).toBe("Hệ tọa độ");
  await page.locator(".wiz button").first().click();
  const row = page.locator("tr", { hasText: "TCVN3" }).last();
  expect(await row.innerText()).toContain("Đất trồng cây lâu năm");
  expect(await row.innerText()).toContain("§Êt");
  expect(await text(".wiz small")).toBe("1 lớp, 24 dòng");
  expect(await serious(screen.page)).toEqual([]);
  await fits();
});

test("the system is never guessed: it is chosen, with the evidence and how far a wrong one would move the data", async () => {
  const { page } = screen;
  await page.locator(".wiz button").nth(1).click();
  expect(await page.locator(".foot .btn.p").isDisabled()).toBe(true);
  expect(await text(".cand label")).toContain("EPSG:9210");
  expect(await page.locator(".cand").innerText()).toMatch(/27,\d km về phía tây/);
  expect(await page.locator(".ev li").count()).toBeGreaterThan(2);
  await drawn(page);
  // The arrow to where another meridian would put the parcels: --c-bad
  expect(await pixels(page, "#a3241c", ".right .mapbox")).toBeGreaterThan(80);
  await page.locator(".cand input").first().check();
  expect(await serious(screen.page)).toEqual([]);
  await fits();
  await forward();
});

test("what was chosen and not yet sent is still there after leaving and coming back", async () => {
  const { page } = screen;
  expect(await step()).toBe("Ghép cột");
  await page.locator(".nav a").first().click();
  await page.locator(".mapbox").waitFor();
  await page.goBack();
  await page.locator(".wiz").waitFor();
  await expect.poll(step).toBe("Ghép cột");
  expect(await page.locator(".wiz li").nth(1).innerText()).toContain("105°45′");
});

test("required columns are asked for until each has a heading", async () => {
  const { page } = screen;
  await page.locator("select[aria-label*='DIENTICH']").waitFor();
  for (const [i, field] of FIELDS.entries()) {
    const select = page.locator(`select[aria-label="Trường cho cột ${HEADINGS[i]}"]`);
    if ((await select.inputValue()) !== field) await select.selectOption(field);
  }
  expect(await page.locator(".lack").count()).toBe(0);
  // "2500,0" can only have a decimal comma.
  expect(await page.locator(".how select").first().inputValue()).toBe(",");
  expect(await serious(screen.page)).toEqual([]);
  await fits();
  await forward();
});

test("every row has its verdict, and table and map choose the same row", async () => {
  const { page } = screen;
  await page.locator("tr[data-row]").first().waitFor();
  expect(await text(".bh h1")).toBe("Xem trước 24 dòng");
  expect(await text("tr[data-row] .vd")).toBe("Từ chối");
  await page.locator(".bh button", { hasText: "Từ chối" }).click();
  await expect.poll(() => page.locator(".view").getAttribute("data-total")).toBe("1");
  expect(await text("tr[data-row] .because")).toContain("trùng");
  await page.locator(".bh button", { hasText: "Tất cả" }).click();
  await page.locator("tr[data-row='16']").click();
  await drawn(page);
  // The crossed parcel in amber (--c-warn-mark over the map) in the middle, in an ink outline.
  expect(await pixels(page, "#10211f", ".right .mapbox")).toBeGreaterThan(60);
  expect(await serious(screen.page)).toEqual([]);
  await fits();
  expect(await text(".foot p")).toContain("Chưa ghi gì");
});

test("another tab of the browser finds the import where it stands", async () => {
  const { page } = screen;
  const other = await page.context().newPage();
  await other.goto(address);
  await other.locator("tr[data-row]").first().waitFor();
  expect(await other.locator(".wiz [aria-current=step] b").innerText()).toBe("Kiểm tra");
  await other.close();
});

test("loading says what it will write, then what it wrote, to the row", async () => {
  const { page } = screen;
  await forward();
  expect(await step()).toBe("Nạp");
  expect(await page.locator(".plain").innerText()).toContain("23");
  expect(await serious(screen.page)).toEqual([]);
  await forward();
  await page.locator(".figures").waitFor();
  const figures = await page.locator(".figures dd").allInnerTexts();
  const [read, loaded, noted, refused] = figures.map(Number);
  expect(read).toBe(24);
  expect((loaded ?? 0) + (noted ?? 0) + (refused ?? 0)).toBe(24);
  expect(refused).toBe(1);
  expect(await serious(screen.page)).toEqual([]);
  await fits();
});

test("refused rows come back as received, with the reason", async () => {
  const { page } = screen;
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator("a[href$='refused.csv']").click(),
  ]);
  const stream = await download.createReadStream();
  let csv = "";
  for await (const chunk of stream) csv += String(chunk);
  expect(csv).toContain("SOTHUA");
  expect(csv).toContain("309");
  expect(csv).toContain("Đất trồng cây lâu năm");
});

test("the parcels stand on the map where they belong", async () => {
  const { page } = screen;
  await page.locator(".acts .btn.p", { hasText: "Xem trên bản đồ" }).click();
  await drawn(page);
  expect(page.url()).not.toContain("screen=admin");
  const [lon, lat] = (/at=([^&]*)/.exec(page.url())?.[1] ?? "").split("%2C").map(Number);
  // 596 500 m − 500 000 m is 96.5 km east of 105°45′: 105.75 + 96.5 / 109.2 = 106.634
  expect(lon).toBeCloseTo(106.635, 2);
  expect(lat).toBeCloseTo(11.35, 1);
  const found = await page.evaluate(async () => (await fetch("/layers/parcels/rows?q=25771-12-303")).json());
  expect(found.total).toBe(1);
});

test("the other tabs open with words for what is empty, and axe finds nothing serious in them", async () => {
  const { page } = screen;
  for (const tab of ["faults", "firms", "certificate"]) {
    await page.goto(`${url}/?screen=admin&tab=${tab}`);
    await page.locator(`#admin-tab-${tab}[aria-selected=true]`).waitFor();
    await page.waitForLoadState("networkidle");
    expect(await serious(screen.page), tab).toEqual([]);
    await fits();
  }
});

test("the tabs turn with arrow keys, and the back button turns them back", async () => {
  const { page } = screen;
  await page.goto(`${url}/?screen=admin&tab=imports`);
  await page.locator("#admin-tab-imports").focus();
  await page.keyboard.press("ArrowRight");
  await page.locator("#admin-tab-faults[aria-selected=true]").waitFor();
  expect(page.url()).toContain("tab=faults");
  await page.goBack();
  await page.locator("#admin-tab-imports[aria-selected=true]").waitFor();
});

test("English leaves no Vietnamese words but those of the data", async () => {
  const { page } = screen;
  for (const query of ["screen=admin&tab=imports", "screen=admin&tab=faults", "screen=admin&tab=firms"]) {
    await page.goto(`${url}/?lang=en&${query}`);
    await page.waitForLoadState("networkidle");
    const left = await page.evaluate(() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found: string[] = [];
      while (walker.nextNode()) {
        const node = walker.currentNode;
        const named = node.parentElement?.closest("[data-names]"); // a sentence with names of the data in it
        const marked = named || node.parentElement?.closest("[lang]")?.getAttribute("lang") === "vi";
        if (!marked && /[ăâđêôơưạ-ỹ]/i.test(node.textContent ?? "")) found.push(node.textContent ?? "");
      }
      return found;
    });
    expect(left, query).toEqual([]);
  }
});

test("no request leaves the machine and no script fails", () => {
  const origin = new URL(url).origin;
  const elsewhere = screen.requests.filter(
    (one) => !one.startsWith(origin) && !/^(blob:|data:|about:)/.test(one),
  );
  expect(elsewhere).toEqual([]);
  expect(screen.faults).toEqual([]);
});
