import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import type { Case, Summary } from "@/api/clearance.ts";
import { enrol, json, open, PLANNER, type Screen, serious, url } from "./page.ts";

type Row = { key: string; step: string | null; zone_key: string; area_ha: number };

let officer: Screen;
let approver: Screen;
/** Paid for and in the officer's commune: what comes next is its hand-over. */
let paid: Row;

/** A land officer of every commune, and who approves what they submit. */
beforeAll(async () => {
  const { rows } = await json<{ rows: { key: string; level: string }[] }>(
    "/layers/admin_units/rows?limit=1000",
  );
  const communes = rows.filter((unit) => unit.level === "commune").map((unit) => unit.key);
  const token = inject("token");
  const names = [
    await enrol(token, "dia-chinh-thu", "land_officer", communes),
    await enrol(token, "lanh-dao-thu", "approver", []),
  ];
  [officer, approver] = await Promise.all([open(), open()]);
  for (const [i, screen] of [officer, approver].entries()) await enter(screen.page, names[i] ?? "");
  const cases = await json<{ rows: Row[] }>("/clearance/cases?zone=MH-LONG-PHUOC-1&limit=500");
  const found = cases.rows.find((row) => row.step === "paid");
  if (!found) throw new Error("the zone has no case that is paid for");
  paid = found;
});

afterAll(async () => {
  await officer.close();
  await approver.close();
});

async function enter(page: Page, name: string): Promise<void> {
  await page.goto(`${url}/?screen=admin`);
  await page.locator(".invite .btn.p").click();
  await page.locator("dialog input").nth(0).fill(name);
  await page.locator("dialog input").nth(1).fill(PLANNER.password);
  await page.keyboard.press("Enter");
  await page.locator("[role=tablist]").first().waitFor();
}

const drawer = (page: Page) => page.locator(".drawer");
const summary = () => json<Summary>(`/clearance/summary?zone=${paid.zone_key}`);
const today = async () => (await json<{ today: string }>("/catalogue")).today.split("-").reverse().join("/");

async function openCase(page: Page): Promise<void> {
  await page.goto(`${url}/?screen=clearance&zone=${paid.zone_key}&case=${paid.key}&open=1`);
  await drawer(page).locator(".kf").waitFor();
}

test("an attribute that is edited with a reason stands in the history of the case", async () => {
  const { page } = officer;
  await openCase(page);
  await drawer(page).getByRole("button", { name: "Sửa thông tin hồ sơ" }).click();
  const form = drawer(page).locator("form");
  await form.getByLabel("Ghi chú").fill("hẹn bàn giao trong tháng");
  await form.getByRole("button", { name: "Ghi vào hồ sơ" }).click();
  await form.getByText("Cần điền mục này.").waitFor(); // no reason, no edit
  await form.getByLabel("Lý do, căn cứ").fill("biên bản làm việc 05/BB");
  expect(await serious(page)).toEqual([]);
  await form.getByRole("button", { name: "Ghi vào hồ sơ" }).click();
  await form.waitFor({ state: "detached" });
  await page.locator("#case-tab-events").click();
  await drawer(page).getByText("biên bản làm việc 05/BB").waitFor();
});

test("who saw an older version is shown both and loses nothing", async () => {
  const { page } = officer;
  await openCase(page);
  await drawer(page).getByRole("button", { name: "Sửa thông tin hồ sơ" }).click();
  const form = drawer(page).locator("form");
  await form.getByLabel("Ghi chú").fill("của tôi");
  await form.getByLabel("Lý do, căn cứ").fill("sửa ghi chú");
  const other = await page.evaluate(async (key) => {
    const session = await (await fetch("/session")).json();
    const one = await (await fetch(`/clearance/cases/${key}`)).json();
    const answer = await fetch(`/clearance/cases/${key}`, {
      method: "PATCH",
      headers: {
        "Content-Type": "application/json",
        "X-CSRF-Token": session.csrf,
        "If-Match": `"${one.case.revision}"`,
      },
      body: JSON.stringify({ changes: { note: "của người khác" }, reason: "sửa trước" }),
    });
    return answer.status;
  }, paid.key);
  expect(other).toBe(200);
  await form.getByRole("button", { name: "Ghi vào hồ sơ" }).click();
  const cells = form.locator("[role=alert] td");
  await cells.first().waitFor();
  expect(await cells.allInnerTexts()).toEqual(["của tôi", "của người khác"]);
  await form.getByRole("button", { name: "Giữ giá trị của tôi" }).click();
  await form.locator("[role=alert]").waitFor({ state: "detached" });
  await form.getByRole("button", { name: "Ghi vào hồ sơ" }).click();
  await form.waitFor({ state: "detached" });
  const stored = await page.evaluate(
    async (key) => (await fetch(`/clearance/cases/${key}`)).json(),
    paid.key,
  );
  expect((stored as Case).case["note"]).toBe("của tôi");
});

test("what the officer submits changes the figures once another person approved it", async () => {
  const before = await summary();
  const { page } = officer;
  const on = await today();
  const refused = await page.evaluate(async (key) => {
    const session = await (await fetch("/session")).json();
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": session.csrf };
    const post = async (method: string, path: string, body: unknown) => {
      const answer = await fetch(path, { method, headers, body: JSON.stringify(body) });
      return { status: answer.status, told: await answer.json() };
    };
    const one = (await (await fetch(`/clearance/cases/${key}`)).json()) as Case;
    const area = one.takes[0]?.["geometry"];
    const made = await post("POST", "/submissions", { kind: "handover", title: "Bàn giao thử" });
    const filled = await post("PUT", `/submissions/${made.told.id}/area`, {
      area,
      effective_on: (await (await fetch("/catalogue")).json()).today,
      document_kind: "handover_record",
      document_number: "01/BB-BG",
      document_on: one.case["opened_on"],
      document_issuer: "UBND xã",
    });
    return { status: filled.status, ok: filled.told.ok + filled.told.noted, told: filled.told };
  }, paid.key);
  expect(refused, JSON.stringify(refused.told)).toMatchObject({ status: 200 });
  expect(refused.ok).toBeGreaterThan(0);

  await page.goto(`${url}/?screen=admin&tab=bulk`);
  await page.locator(".bulk .item").first().click();
  await page.getByText("Bàn giao thử").last().waitFor();
  expect(await serious(page)).toEqual([]);
  await page.getByRole("button", { name: /Gửi duyệt/ }).click();
  await page.locator("section").getByText("Chờ duyệt").first().waitFor();
  expect((await summary()).handed_over.ha).toBe(before.handed_over.ha); // nothing holds before it is approved
  expect(await page.getByRole("button", { name: "Duyệt, áp dụng" }).count()).toBe(0);

  await approver.page.goto(`${url}/?screen=admin&tab=bulk`);
  await approver.page.locator(".bulk .item").first().click();
  await approver.page.getByRole("button", { name: "Duyệt, áp dụng" }).click();
  await approver.page
    .locator(".bulk section header .tag.good, .bulk section > [role=alert]")
    .first()
    .waitFor();
  expect(await approver.page.locator(".bulk section > [role=alert]").allInnerTexts()).toEqual([]);
  const after = await summary();
  expect(after.by_case.cases).toBe(before.by_case.cases + 1);
  expect(after.handed_over.ha).toBeGreaterThan(before.handed_over.ha ?? 0);
  await openCase(page);
  await page.locator("#case-tab-events").click();
  await drawer(page).locator("tbody tr").filter({ hasText: on }).first().waitFor();
});
