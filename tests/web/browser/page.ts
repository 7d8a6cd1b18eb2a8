/** A real Chromium, as a planner would have it, and what it asked the network for. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import AxeBuilder from "axe-core";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { inject } from "vitest";

export const url = inject("url");

const FLAGS = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];

export type Screen = {
  page: Page;
  /** Addresses of everything that any page asked for. */
  requests: string[];
  /** Errors of the console and of scripts. */
  faults: string[];
  close: () => Promise<void>;
};

export async function open(size = { width: 1366, height: 768 }): Promise<Screen> {
  const profile = await mkdtemp(`${tmpdir()}/didoi-chromium-`);
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: process.env["DIDOI_CHROMIUM"] ?? "/usr/bin/chromium",
    headless: true,
    viewport: size,
    reducedMotion: "reduce", // colours are judged as they stand, not on their way
    args: FLAGS,
  });
  const requests: string[] = [];
  const faults: string[] = [];
  context.on("request", (request) => requests.push(request.url()));
  context.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  context.on("weberror", (error) => faults.push(String(error.error())));
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(30_000);
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { page, requests, faults, close };
}

/** Go to an address of the application and wait until the map has been drawn. */
export async function go(page: Page, query = ""): Promise<void> {
  await page.goto(`${url}/${query}`);
  await drawn(page);
}

/** Wait until the map stands still with everything drawn. */
export async function drawn(page: Page): Promise<void> {
  const still = () => document.querySelector(".mapbox")?.getAttribute("data-idle") === "true";
  await page.waitForFunction(still, undefined, { timeout: 45_000 });
  await page.waitForTimeout(350); // a camera that has just been asked to move says so in its next frame
  await page.waitForFunction(still, undefined, { timeout: 45_000 });
}

/** How many pixels of the map are within a small distance of a colour. */
export async function pixels(page: Page, colour: string, clip = ".mapbox"): Promise<number> {
  const shot = await page.locator(clip).screenshot();
  return page.evaluate(
    async ([data, wanted]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const pen = canvas.getContext("2d");
      if (!pen || !wanted) return 0;
      pen.drawImage(image, 0, 0);
      const { data: bytes } = pen.getImageData(0, 0, image.width, image.height);
      const target = [1, 3, 5].map((i) => Number.parseInt(wanted.slice(i, i + 2), 16));
      let count = 0;
      for (let i = 0; i < bytes.length; i += 4) {
        if (target.every((value, channel) => Math.abs((bytes[i + channel] ?? 0) - value) <= 12)) count += 1;
      }
      return count;
    },
    [shot.toString("base64"), colour] as const,
  );
}

export async function json<T>(path: string): Promise<T> {
  const answer = await fetch(url + path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Who signs in: made by the administrator of a new server, or given where the server was there before. */
export const PLANNER = {
  name: process.env["DIDOI_USER"] ?? "can-bo-thu",
  password: process.env["DIDOI_PASSWORD"] ?? "mat-khau-cua-can-bo-thu",
};

const ADMINISTRATOR = { name: "quan-tri-thu", password: "mat-khau-cua-quan-tri-thu" };

/** Sign in from the invitation; whoever comes first makes the administrator, who makes the planner. */
export async function signIn(page: Page, token: string | null): Promise<void> {
  await page.locator(".invite .btn.p").click();
  await page.locator("dialog input").nth(1).waitFor();
  if ((await page.locator("dialog input").count()) > 2) {
    await makePlanner(token ?? "");
    await page.reload();
    await page.locator(".invite .btn.p").click();
    await page.locator("dialog input").nth(1).waitFor();
  }
  const { name, password } = PLANNER;
  for (const [i, value] of [name, password].entries()) await page.locator("dialog input").nth(i).fill(value);
  await page.keyboard.press("Enter");
  await page.locator("#imp-target").waitFor();
}

/** The first administrator with the token of the console, and a planner who sets their own password. */
async function makePlanner(token: string): Promise<void> {
  const first = await visitor();
  await first("/setup", { token, full_name: "Quản trị Thử", ...ADMINISTRATOR });
  const { name, password } = PLANNER;
  const made = await first("/accounts", { name, full_name: "Cán bộ Thử", role: "planner" });
  await (await visitor())("/setup", { token: made.token ?? "", password });
}

/** Make an account as the administrator does and give it the planner's password; tells its name. */
export async function enrol(
  token: string | null,
  name: string,
  role: "land_officer" | "approver",
  units: string[],
): Promise<string> {
  const { setup_needed: first } = await json<{ setup_needed: boolean }>("/session");
  if (first) await makePlanner(token ?? "");
  const administrator = await visitor();
  await administrator("/session", ADMINISTRATOR);
  const said = { name, full_name: `Thử ${name}`, role, units: units.map((key) => ({ key })) };
  const made = await administrator("/accounts", said);
  await (await visitor())("/setup", { token: made.token ?? "", password: PLANNER.password });
  return name;
}

type Send = (path: string, body: Record<string, unknown>) => Promise<{ token?: string; csrf?: string }>;

/** Somebody without a browser: sends with the cookies and the token that the server gave. */
async function visitor(): Promise<Send> {
  const cookies = new Map<string, string>();
  const keep = (answer: Response) => {
    for (const one of answer.headers.getSetCookie()) {
      const [pair = ""] = one.split(";");
      const at = pair.indexOf("=");
      cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  };
  let { csrf } = (await keep(await fetch(`${url}/session`)).json()) as { csrf: string };
  return async (path, body) => {
    const headers = {
      "Content-Type": "application/json",
      "X-CSRF-Token": csrf,
      Cookie: [...cookies].map((pair) => pair.join("=")).join("; "),
    };
    const answer = keep(await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) }));
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    const told = (await answer.json()) as { token?: string; csrf?: string };
    csrf = told.csrf ?? csrf;
    return told;
  };
}

/** What axe finds serious on a page that has painted what was last done to it. */
export async function serious(page: Page): Promise<string[]> {
  // Past the page's own policy, as an extension would come.
  await page.evaluate(AxeBuilder.source);
  const found = await page.evaluate(async () => {
    // A colour that was just changed is the old one until the next frame.
    for (let frames = 0; frames < 2; frames += 1) await new Promise((done) => requestAnimationFrame(done));
    return (globalThis as unknown as { axe: typeof AxeBuilder }).axe.run();
  });
  return found.violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .map(
      (one) =>
        `${one.id}: ${one.nodes
          .map((node) => node.target.join(" "))
          .slice(0, 3)
          .join(" | ")}`,
    );
}
