/** The application that the browser tests look at: DIDOI_URL, or one of our own with the illustrative province. */

import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

declare module "vitest" {
  interface ProvidedContext {
    url: string;
    /** Makes the first account of a new server; null where the server was there before. */
    token: string | null;
  }
}

type Project = {
  provide(name: "url", value: string): void;
  provide(name: "token", value: string | null): void;
};

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const READY_WITHIN_MS = 300_000;

export default async function serve(project: Project): Promise<(() => Promise<void>) | undefined> {
  const given = process.env["DIDOI_URL"];
  if (given) {
    project.provide("url", given.replace(/\/$/, ""));
    project.provide("token", process.env["DIDOI_SETUP_TOKEN"] ?? null);
    return undefined;
  }
  const home = await mkdtemp(`${tmpdir()}/didoi-browser-`);
  await chmod(home, 0o755); // started as root, the cluster runs as another user
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const told: string[] = [];
  const child = spawn("python", ["-m", "api.cli", "up", "--port", String(port)], {
    cwd: ROOT,
    env: { ...process.env, DIDOI_HOME: home, DIDOI_DEMO: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => told.push(String(data)));
  const stop = async () => {
    await ended(child);
    await rm(home, { recursive: true, force: true });
  };
  try {
    await ready(url, child);
  } catch (fault) {
    await stop();
    throw new Error(`the application did not start: ${fault}\n${told.join("")}`);
  }
  project.provide("url", url);
  project.provide("token", await tokenIn(told));
  return stop;
}

/** The one-time token, which is printed about when the server first answers. */
async function tokenIn(told: string[]): Promise<string | null> {
  for (let tries = 0; tries < 40; tries += 1) {
    const token = /: ([\w-]{20,})\s/.exec(told.join(""))?.[1];
    if (token) return token;
    await new Promise((done) => setTimeout(done, 250));
  }
  return null;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((done) => setTimeout(done, 250));
  }
  throw new Error("it did not answer in time");
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  await gone;
}
