import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { on, once } from "node:events";
import { appendFile, mkdir, rename, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Gap } from "../../src/files/plan.ts";
import { follow } from "../../src/read/follow.ts";
import { read } from "../../src/read/reader.ts";
import { openRoots } from "@plugboard/core/files";
import { source as openSource } from "../../src/files/source.ts";
import { folder, logs } from "./folder.ts";
import { logrotate, skipsLogrotate } from "./logrotate.ts";

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const numberOf = (text: string): number => {
  const found = /^line (\d+)$/.exec(text);
  expect(found, text).not.toBeNull();
  return Number(found?.[1]);
};

interface Page {
  readonly cursor: string;
  readonly gaps: number;
  readonly lines: readonly string[];
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

describe("a reader that is killed", () => {
  it("is gone on from with the cursor that it told last: nothing is lost, and nothing comes twice", async () => {
    await using place = await folder();
    const script = place.at("reader.mjs");
    const sourceOf = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
    await writeFile(
      script,
      `import { once } from "node:events";
       import { openRoots } from ${JSON.stringify(import.meta.resolve("@plugboard/core/files"))};
       import { source } from ${sourceOf("files/source.ts")};
       import { read } from ${sourceOf("read/reader.ts")};
       let [cursor] = await once(process, "message");
       for (;;) {
         const logs = source({ roots: await openRoots([${JSON.stringify(place.path)}]), patterns: [["app.log"]] });
         const answer = await read(logs, cursor, { maxLines: 9 });
         cursor = answer.cursor;
         process.send({ cursor, gaps: answer.gaps.length, lines: answer.lines.map((line) => line.text) });
         if (answer.lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
       }`,
    );
    await writeFile(place.at("app.log"), "");
    let { cursor } = await read(await logs(place.path, "app.log"), undefined);
    let next = 0;
    const write = async (): Promise<void> => {
      for (let part = 0; part < 40; part += 1) {
        await appendFile(
          place.at("app.log"),
          range(next, next + 10)
            .map((one) => `line ${one}\n`)
            .join(""),
        );
        next += 10;
        if (part % 13 !== 12) continue;
        for (let index = 3; index >= 1; index -= 1)
          await rename(place.at(`app.log.${index}`), place.at(`app.log.${index + 1}`)).catch(() => undefined);
        await rename(place.at("app.log"), place.at("app.log.1"));
      }
    };
    const got: number[] = [];
    const child = fork(script, {
      execArgv: ["--import", import.meta.resolve("tsx"), "--conditions=@plugboard/source"],
    });
    child.send(cursor);
    let writing: Promise<void> | undefined;
    let pages = 0;
    for await (const [page] of on(child, "message") as AsyncIterable<[Page]>) {
      // When it reads: starting takes it longer than all the writing.
      writing ??= write();
      ({ cursor } = page);
      got.push(...page.lines.map(numberOf));
      expect(page.gaps).toBe(0);
      if (page.lines.length > 0) pages += 1;
      // In the middle of its next page.
      if (pages === 15) break;
    }
    await killed(child);
    await writing;
    expect(got.length).toBeLessThan(next);
    while (got.length < next) {
      const answer = await read(await logs(place.path, "app.log"), cursor);
      ({ cursor } = answer);
      got.push(...answer.lines.map((line) => numberOf(line.text)));
    }
    expect(got).toEqual(range(0, next));
  });
});

describe.skipIf(skipsLogrotate)("logrotate, and a writer that opens its file again when it is told to", () => {
  // Not before the writer has answered: what it writes to a file that gzip has read already is nowhere.
  const hup = (pid: number, answer: string): string =>
    `  postrotate\n    kill -HUP ${pid}\n    while ! rm ${answer} 2>/dev/null; do sleep 0.01; done\n  endscript`;
  const CASES = [
    { name: "create", directives: "create 0600" },
    { name: "compress, delaycompress", directives: "create 0600\n  compress\n  delaycompress" },
    { name: "compress at once", directives: "create 0600\n  compress" },
    { name: "dateext", directives: "create 0600\n  dateext\n  dateformat -%Y%m%d-%s" },
    { name: "nocreate, olddir", directives: "nocreate\n  olddir old" },
    { name: "copytruncate", directives: "copytruncate" },
    { name: "copytruncate, compress", directives: "copytruncate\n  compress" },
  ];

  it.each(CASES)("$name", async ({ directives, name }) => {
    await using place = await folder();
    await mkdir(place.at("old"));
    await writeFile(
      place.at("writer.mjs"),
      `import { openSync, writeFileSync, writeSync, closeSync } from "node:fs";
       const open = () => openSync(${JSON.stringify(place.at("app.log"))}, "a", 0o600);
       let log = open(), next = 0, stopped = false;
       process.on("SIGHUP", () => { closeSync(log); log = open(); writeFileSync(${JSON.stringify(place.at("reopened"))}, ""); });
       process.on("message", () => { stopped = true; });
       const line = () => writeSync(log, "line " + next++ + "\\n");
       (function write() {
         if (stopped) return process.send({ written: next });
         for (let part = 0; part < 5; part += 1) line();
         setTimeout(write, 3);
       })();
       process.send({ ready: true });`,
    );
    const source = async () =>
      openSource({ roots: await openRoots([place.path]), patterns: [["app.log"]], rotatedIn: ["old"] });
    await writeFile(place.at("app.log"), "");
    const { cursor: start } = await read(await source(), undefined);
    const writer = fork(place.at("writer.mjs"), { execArgv: [] });
    const stop = new AbortController();
    const followed: number[] = [];
    let heard: (() => void) | undefined;
    const gaps: Gap[] = [];
    const following = (async () => {
      const options = { signal: stop.signal, cursor: start, onGap: (gap: Gap) => gaps.push(gap) };
      for await (const line of follow(await source(), options)) {
        followed.push(numberOf(line.text));
        heard?.();
      }
    })();
    try {
      await once(writer, "message");
      const signals = !name.startsWith("copytruncate");
      const pages: number[] = [];
      const pageGaps: Gap[] = [];
      let cursor = start;
      const page = async (maxLines: number): Promise<boolean> => {
        const answer = await read(await source(), cursor, { maxLines });
        ({ cursor } = answer);
        pages.push(...answer.lines.map((line) => numberOf(line.text)));
        pageGaps.push(...answer.gaps);
        return answer.more;
      };
      for (let round = 0; round < 3; round += 1) {
        const told = signals ? `\n${hup(writer.pid ?? 0, place.at("reopened"))}` : "";
        await logrotate(place.path, place.at("app.log"), directives + told);
        await page(60);
        // Its names are those of seconds.
        if (directives.includes("dateext")) break;
      }
      const told = once(writer, "message");
      writer.send("stop");
      const [{ written }] = (await told) as [{ written: number }];
      const all = range(0, written);
      while (await page(300));
      expect(new Set(pages).size).toBe(pages.length);
      // What is written between the copy and the truncation is gone for everybody.
      if (signals) expect(pageGaps).toEqual([]);
      if (pageGaps.length === 0) expect(pages.toSorted((a, b) => a - b)).toEqual(all);
      const last = all.at(-1) ?? 0;
      while (!followed.includes(last)) await new Promise<void>((resolve) => (heard = resolve));
      expect(new Set(followed).size).toBe(followed.length);
      if (signals) expect(gaps).toEqual([]);
      if (gaps.length === 0) expect(followed.toSorted((a, b) => a - b)).toEqual(all);
    } finally {
      stop.abort();
      await following;
      await killed(writer);
    }
  });
});
