import { fork } from "node:child_process";
import { once } from "node:events";
import {
  appendFile,
  copyFile,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  truncate,
  writeFile,
} from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { follow, waitForChange } from "../../src/read/follow.ts";
import { watches } from "../../src/read/watch.ts";
import { read } from "../../src/read/reader.ts";
import type { Gap } from "../../src/files/plan.ts";
import { folder, logs } from "./folder.ts";

const text = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join("");
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

/** What this process has open below a folder, and its watches. */
async function openBelow(path: string): Promise<string[]> {
  const found: string[] = [];
  for (const fd of await readdir("/proc/self/fd")) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => "");
    if (target.startsWith(path)) found.push(target);
  }
  return found;
}

/** Follows a folder from a cursor on, while `writer` runs, until `count` lines have come. */
async function followed(count: number, writer: (at: (name: string) => string) => Promise<void>) {
  await using place = await folder();
  await writeFile(place.at("app.log"), text(0, 5));
  const { cursor } = await read(await logs(place.path), undefined);
  const stop = new AbortController();
  const gaps: Gap[] = [];
  const got: number[] = [];
  const writing = writer(place.at);
  const options = { signal: stop.signal, cursor, onGap: (gap: Gap) => gaps.push(gap) };
  for await (const line of follow(await logs(place.path), options)) {
    got.push(Number(line.text.split(" ")[1]));
    if (got.length >= count) stop.abort();
  }
  await writing;
  expect(await openBelow(place.path)).toEqual([]);
  expect(watches.size).toEqual({ folders: 0, subscriptions: 0 });
  return { got: got.toSorted((a, b) => a - b), gaps };
}

describe("follow", () => {
  it("gives every line of a fast writer that renames its file, once", async () => {
    const { got, gaps } = await followed(1000, async (at) => {
      for (let round = 0; round < 10; round += 1) {
        for (let line = 0; line < 10; line += 1)
          await appendFile(at("app.log"), text(5 + round * 100 + line * 10, 15 + round * 100 + line * 10));
        for (let index = 10; index >= 1; index -= 1)
          await rename(at(`app.log.${index}`), at(`app.log.${index + 1}`)).catch(() => undefined);
        await rename(at("app.log"), at("app.log.1"));
      }
    });
    expect(got).toEqual(range(5, 1005));
    expect(gaps).toEqual([]);
  });

  it("gives the lines of a slow writer on the old file, also after it was deleted", async () => {
    const { got } = await followed(40, async (at) => {
      const old = await open(at("app.log"), "a");
      await rename(at("app.log"), at("app.log.1"));
      await writeFile(at("app.log"), text(5, 15));
      await old.write(text(15, 25));
      await appendFile(at("app.log"), text(25, 35));
      await old.write(text(35, 45));
      await old.close();
    });
    expect(got).toEqual(range(5, 45));
  });

  it("gives the lines before and after copytruncate", async () => {
    const { got } = await followed(40, async (at) => {
      await appendFile(at("app.log"), text(5, 25));
      await copyFile(at("app.log"), at("app.log.1"));
      await truncate(at("app.log"));
      await appendFile(at("app.log"), text(25, 45));
    });
    expect(got).toEqual(range(5, 45));
  });

  it("finds files and folders that appear later", async () => {
    await using place = await folder();
    const stop = new AbortController();
    const { cursor } = await read(await logs(place.path, "a/*/*.log"), undefined);
    const lines = follow(await logs(place.path, "a/*/*.log"), { signal: stop.signal, cursor });
    const first = lines.next();
    await mkdir(place.at("a/b"), { recursive: true });
    await writeFile(place.at("a/b/app.log"), "hello\n");
    expect((await first).value).toMatchObject({ text: "hello", file: "a/b/app.log" });
    await rm(place.at("a"), { recursive: true });
    const second = lines.next();
    await mkdir(place.at("a/b"), { recursive: true });
    await writeFile(place.at("a/b/app.log"), "again\n");
    expect((await second).value).toMatchObject({ text: "again" });
    stop.abort();
    expect(await lines.next()).toMatchObject({ done: true });
    expect(await openBelow(place.path)).toEqual([]);
  });

  it("holds a line without an end until it is complete, or its file is quiet", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "");
    const { cursor } = await read(await logs(place.path), undefined);
    const stop = new AbortController();
    const lines = follow(await logs(place.path), { signal: stop.signal, cursor, quietMs: 200 });
    await appendFile(place.at("app.log"), "ha");
    const first = lines.next();
    await appendFile(place.at("app.log"), "lf\nrest");
    expect((await first).value).toMatchObject({ text: "half", complete: true });
    expect((await lines.next()).value).toMatchObject({ text: "rest", complete: false });
    stop.abort();
    await lines.return();
  });

  it("reads on in the file that is written to without listing the folders each time", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "line 0\n");
    const real = await logs(place.path);
    let lists = 0;
    const counted = { ...real, list: (...args: Parameters<typeof real.list>) => ((lists += 1), real.list(...args)) };
    const { cursor } = await read(real, undefined);
    const stop = new AbortController();
    const lines = follow(counted, { signal: stop.signal, cursor });
    for (let line = 1; line <= 60; line += 1) {
      const next = lines.next();
      await appendFile(place.at("app.log"), `line ${line}\n`);
      expect((await next).value).toMatchObject({ text: `line ${line}` });
    }
    expect(lists).toBeLessThan(60);
    stop.abort();
    await lines.return();
  });

  it("hears of a slow writer on the old file, whose name is none of the source", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "line 0\n");
    const { cursor } = await read(await logs(place.path, "app.log"), undefined);
    const stop = new AbortController();
    const lines = follow(await logs(place.path, "app.log"), { signal: stop.signal, cursor });
    const old = await open(place.at("app.log"), "a");
    const first = lines.next();
    await rename(place.at("app.log"), place.at("app.log.1"));
    await writeFile(place.at("app.log"), "line 1\n");
    expect((await first).value).toMatchObject({ text: "line 1" });
    for (let line = 2; line < 5; line += 1) {
      const next = lines.next();
      await new Promise((resolve) => setImmediate(resolve));
      await old.write(`line ${line}\n`);
      expect((await next).value).toMatchObject({ text: `line ${line}` });
    }
    await old.close();
    stop.abort();
    await lines.return();
  });

  it("reads what another process writes until it is killed", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "");
    const { cursor } = await read(await logs(place.path), undefined);
    await writeFile(
      place.at("writer.mjs"),
      `import { appendFileSync, renameSync } from "node:fs";
       const log = ${JSON.stringify(place.at("app.log"))};
       for (let n = 0; n < 500; n += 1) {
         appendFileSync(log, "line " + n + "\\n");
         if (n % 125 === 124) renameSync(log, log + "-2026112" + (n + 1) / 125);
       }
       process.send("done"); setInterval(() => {}, 1000);`,
    );
    const writer = fork(place.at("writer.mjs"), { execArgv: [] });
    const stop = new AbortController();
    const got: number[] = [];
    for await (const line of follow(await logs(place.path), { signal: stop.signal, cursor })) {
      got.push(Number(line.text.split(" ")[1]));
      if (got.length === 500) stop.abort();
    }
    expect(got.toSorted((a, b) => a - b)).toEqual(range(0, 500));
    writer.kill("SIGKILL");
    await once(writer, "exit");
  });
});

describe("waiting", () => {
  it("ends with a change, with news since a cursor, with the time, and with an abort", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "a\n");
    const source = await logs(place.path);
    const { cursor } = await read(source, undefined);
    expect(await waitForChange(source, { maxMs: 30, cursor })).toBe(false);
    const waiting = waitForChange(source, { maxMs: 10_000, cursor });
    await rename(place.at("app.log"), place.at("app.log.1"));
    await writeFile(place.at("app.log"), "b\n");
    expect(await waiting).toBe(true);
    expect(await waitForChange(source, { maxMs: 10_000, cursor })).toBe(true);
    const stop = new AbortController();
    const aborted = waitForChange(source, { maxMs: 10_000, signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    expect(watches.size).toEqual({ folders: 0, subscriptions: 0 });
  });
});
