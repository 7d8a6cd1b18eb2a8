import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { geotiff } from "./geotiff.ts";
import { drawn, open, pixels, type Screen, serious, signIn, url } from "./page.ts";

let screen: Screen;
let folder: string;

/** 80 × 60 cells of 20 m near 106°38′ E, 11°21′ N: forest, fields, buildings, water, and nothing known on top. */
const COVER = Array.from({ length: 60 }, (_, row) =>
  Array.from({ length: 80 }, (_, column) =>
    row < 4 ? 255 : column > 60 ? 50 : row > 40 ? 80 : column > 20 ? 40 : 10,
  ),
);
const CLASSES = [
  [10, "Rừng"],
  [40, "Đất trồng trọt"],
  [50, "Đất xây dựng"],
  [80, "Mặt nước"],
] as const;

/** Two firms at one address under almost one name; and one whose number of workers is none. */
const FIRMS = `Tên doanh nghiệp,Địa chỉ,Lao động,Kinh độ,Vĩ độ
Công ty TNHH Gỗ Minh Phát Thử,"Tổ 3, khu phố 5, phường Vĩnh Tân",120,106.6402,11.3502
Công ty TNHH Chế biến Gỗ Minh Phát Thử,"Tổ 3, khu phố 5, phường Vĩnh Tân",130,106.6405,11.3503
Công ty TNHH Dệt Thử,"Tổ 9, khu phố 1, phường Vĩnh Tân",rất đông,106.6500,11.3600
`;

beforeAll(async () => {
  screen = await open();
  folder = await mkdtemp(`${tmpdir()}/didoi-geotiff-`);
  await writeFile(
    `${folder}/phu_dat.tif`,
    geotiff(COVER, { west: 596_500, north: 1_256_000, cell_m: 20, epsg: 9210 }),
  );
  await screen.page.goto(`${url}/?screen=admin&tab=imports`);
  await signIn(screen.page, inject("token"));
});

afterAll(async () => {
  await screen.close();
  await rm(folder, { recursive: true, force: true });
});

const text = (selector: string) => screen.page.locator(selector).first().innerText();
const step = () => text(".wiz [aria-current=step] b");
const forward = () => screen.page.locator(".foot .btn.p").click();

/** Bring a table of firms in as the wizard does, without looking at it. */
async function bring(csv: string): Promise<string> {
  return screen.page.evaluate(async (body) => {
    const { csrf } = await (await fetch("/session")).json();
    const send = async (method: string, path: string, said?: unknown, type = "application/json") => {
      const raw = typeof said === "string";
      const headers = { "X-CSRF-Token": csrf, "Content-Type": raw ? "application/octet-stream" : type };
      const sent = said === undefined ? null : raw ? said : JSON.stringify(said);
      const answer = await fetch(path, { method, headers, ...(sent === null ? {} : { body: sent }) });
      if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
      return answer.json();
    };
    const { id } = await send("POST", "/imports", { target: "enterprises" });
    const at = `/imports/${id}`;
    const until = async (state: string) => {
      for (let tries = 0; tries < 120; tries += 1) {
        const run = await (await fetch(at)).json();
        if (run.state === state) return run;
        if (run.state === "failed") throw new Error(JSON.stringify(run.error));
        await new Promise((done) => setTimeout(done, 250));
      }
      throw new Error(`never ${state}`);
    };
    await send("PUT", `${at}/files/dn_thu.csv`, body);
    await send("POST", `${at}/inspect`, {});
    const { plan } = await until("inspected");
    await send("PUT", `${at}/plan`, { ...plan, crs: "EPSG:4326", questions: [] });
    await until("previewed");
    await send("POST", `${at}/load`, {});
    const { report } = await until("loaded");
    return `${report.loaded + report.noted} + ${report.refused}`;
  }, csv);
}

test("a GeoTIFF is told for what it is, and what its numbers mean is asked", async () => {
  const { page } = screen;
  await page.locator("input[type=file]").setInputFiles([`${folder}/phu_dat.tif`]);
  await page.locator("input[name=ras-kind]").first().waitFor();
  expect(await step()).toBe("Mô tả ảnh");
  expect(await text(".wiz small")).toBe("80 × 60 ô");
  expect(await page.locator(".foot .btn.p").isDisabled()).toBe(true);
  await drawn(page);
  expect(await serious(screen.page)).toEqual([]);
});

test("kind, title, the value of no data and every class are said before it can be checked", async () => {
  const { page } = screen;
  await page.locator("input[value=land_cover]").check();
  await page.getByLabel("Tên tiếng Việt *").first().fill("Lớp phủ thử");
  expect(await page.locator("tbody tr").count()).toBe(5);
  await page.locator(".ask button").first().click();
  expect(await page.locator("tbody tr").count()).toBe(4);
  for (const [value, name] of CLASSES)
    await page.getByLabel(`Tên tiếng Việt của giá trị ${value}`).fill(name);
  expect(await serious(screen.page)).toEqual([]);
  await forward();
  await page.locator(".mid .body dl").waitFor();
  expect(await step()).toBe("Kiểm tra");
  expect(await text(".mid .body")).toContain("từ 10 đến 80");
  // 4 of 60 lines are not known: 56 / 60 = 93.3 %
  expect(await text(".mid .body")).toContain("93,3 %");
  const before = await page.evaluate(async () => (await (await fetch("/coverages")).json()).coverages);
  expect(before.filter((one: { title: { vi: string } }) => one.title.vi === "Lớp phủ thử")).toEqual([]);
});

test("a raster that was kept is drawn on the map in the colours of its classes", async () => {
  const { page } = screen;
  await forward();
  expect(await step()).toBe("Nạp");
  await forward();
  await page.locator(".acts .btn.p", { hasText: "Xem trên bản đồ" }).click();
  await drawn(page);
  expect(page.url()).toMatch(/layers=%2Bcoverage_\d+/);
  // The second colour that is given to values without one of their own, on some 40 × 37 of 80 × 60 cells.
  expect(await pixels(page, "#4F7F4A")).toBeGreaterThan(3000);
});

test("a row that waits is refused with a reason, and cannot be accepted", async () => {
  const { page } = screen;
  expect(await bring(FIRMS)).toBe("2 + 1");
  await page.goto(`${url}/?screen=admin&tab=faults&f.faults.rule=row_values&f.faults.state=open`);
  await page.locator("[data-key], .mid button").first().click();
  await page.locator(".fault").waitFor();
  expect(await text(".fault")).toContain("chưa vào lớp");
  expect(await page.locator(".fault .btn", { hasText: "Chấp nhận" }).count()).toBe(0);
  await page.locator(".fault .btn", { hasText: "Từ chối" }).click();
  await page.locator("#fault-reason").fill("Sở xác nhận ghi sai");
  expect(await serious(screen.page)).toEqual([]);
  await page.keyboard.press("Enter");
  // It is gone from the list, and so is its card.
  await expect.poll(() => page.locator(".fault").count()).toBe(0);
  await expect.poll(() => page.locator(".mid button").count()).toBe(0);
});

test("a fault of the data is accepted with a reason, and says who did", async () => {
  const { page } = screen;
  await page.goto(`${url}/?screen=admin&tab=faults&f.faults.rule=gap&f.faults.state=open`);
  await page.locator(".mid button").first().click();
  await page.locator(".fault").waitFor();
  expect(await page.locator(".fault .btn", { hasText: "Từ chối" }).count()).toBe(0);
  await page.locator(".fault .btn", { hasText: "Chấp nhận" }).click();
  await page.locator("#fault-reason").fill("Khe là mương thoát nước");
  await page.keyboard.press("Enter");
  await expect.poll(() => text(".fault dl")).toContain("Khe là mương thoát nước");
  expect(await text(".fault dl")).toContain("Đã chấp nhận");
});

test("a pair of firms is decided once, and stays among those that were", async () => {
  const { page } = screen;
  await page.goto(`${url}/?screen=admin&tab=firms`);
  await page.locator(".find .btn").click();
  await page.locator(".item").first().waitFor();
  expect(await text(".item")).toContain("Gỗ Minh Phát Thử");
  expect(await serious(screen.page)).toEqual([]);
  await page.locator(".mid footer .btn").nth(1).click(); // two firms
  await expect.poll(() => page.locator(".item").count()).toBe(0);
  await page.locator(".bar .seg button").nth(2).click();
  await page.locator(".item", { hasText: "Minh Phát Thử" }).first().waitFor();
});

test("no request leaves the machine and no script fails", () => {
  const origin = new URL(url).origin;
  expect(
    screen.requests.filter((one) => !one.startsWith(origin) && !/^(blob:|data:|about:)/.test(one)),
  ).toEqual([]);
  expect(screen.faults).toEqual([]);
});
