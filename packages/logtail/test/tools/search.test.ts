import { appendFile, rename, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { folder } from "../read/folder.ts";
import { lines, serve } from "./serve.ts";

const HOUR = 3_600_000;

describe("searching", () => {
  it("finds the newest first, in rotated and compressed files too, and counts all", async () => {
    await using place = await folder();
    const all = lines(3_000, (index) => (index % 100 === 0 ? `ERROR bad ${index}` : `INFO fine ${index}`)).split("\n");
    await writeFile(place.at("app.log.2.gz"), gzipSync(`${all.slice(0, 1000).join("\n")}\n`));
    await writeFile(place.at("app.log.1"), `${all.slice(1000, 2000).join("\n")}\n`);
    await writeFile(place.at("app.log"), all.slice(2000).join("\n"));
    await using served = await serve({ paths: [place.path] });
    const page = await served.call("search", { text: "error bad", limit: 12 });
    const numbers = (hits: typeof page.hits): number[] => hits.map(({ line }) => Number(/\d+$/.exec(line)?.[0]));
    expect(numbers(page.hits)).toEqual(Array.from({ length: 12 }, (_, index) => 2900 - index * 100));
    expect(page.totals).toMatchObject({ matched: 30, exact: true, files: 3 });
    expect(page.totals.scanned_bytes).toBe(page.totals.of_bytes);
    const rest = await served.call("search", { text: "error bad", limit: 50, cursor: page.next_cursor });
    expect(numbers(rest.hits)).toEqual(Array.from({ length: 18 }, (_, index) => 1700 - index * 100));
    expect(rest).toMatchObject({ next_cursor: null, totals: { matched: 18, exact: true } });
    const old = await served.call("search", { pattern: "ERROR bad", newest_first: false, limit: 12 });
    expect(numbers(old.hits)).toEqual(Array.from({ length: 12 }, (_, index) => index * 100));
    const next = await served.call("search", {
      pattern: "ERROR bad",
      newest_first: false,
      limit: 100,
      cursor: old.next_cursor,
    });
    expect(numbers(next.hits)).toEqual(Array.from({ length: 18 }, (_, index) => 1200 + index * 100));
  });

  it("goes on where it stopped, though the log was rotated and written to meanwhile", async () => {
    await using place = await folder();
    await writeFile(
      place.at("app.log"),
      lines(100, (index) => `hit ${index}`),
    );
    await using served = await serve({ paths: [place.path] });
    const got: string[] = [];
    let cursor: string | null | undefined;
    for (let page = 0; cursor !== null; page += 1) {
      const { hits, next_cursor } = await served.call("search", { text: "hit", limit: 30, ...(cursor && { cursor }) });
      got.push(...hits.map(({ line }) => line.slice(25)));
      cursor = next_cursor;
      if (page === 0) {
        await rename(place.at("app.log"), place.at("app.log.1"));
        await writeFile(
          place.at("app.log"),
          lines(50, (index) => `hit new ${index}`),
        );
      } else await appendFile(place.at("app.log"), "hit more\n");
    }
    expect(got).toEqual(Array.from({ length: 100 }, (_, index) => `hit ${99 - index}`));
  });

  it("gives context, and a cursor by which the read tool goes on from the line", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "a\nb\nneedle\nc\nd\ne\n");
    await using served = await serve({ paths: [place.path] });
    const { hits } = await served.call("search", { text: "needle", context: 1 });
    expect(hits).toEqual([
      { line: "needle", before: ["b"], after: ["c"], cursor: expect.stringMatching(/^app\.log:4:.{6}$/) },
    ]);
    await rename(place.at("app.log"), place.at("app.log.1"));
    await writeFile(place.at("app.log"), "f\n");
    const read = await served.call("read", { cursor: hits[0]?.cursor, before: 2, lines: 3 });
    expect(read).toMatchObject({ lines: ["a", "b", "needle", "c", "d"], more: true });
    expect((await served.call("read", { cursor: read.cursor })).lines).toEqual(["e", "f"]);
  });

  it("merges the hits of several logs by time", async () => {
    await using place = await folder();
    await writeFile(
      place.at("a.log"),
      lines(10, (index) => `hit a${index}`, "2020-11-22T10:00:00Z"),
    );
    await writeFile(
      place.at("b.log"),
      lines(10, (index) => `hit b${index}`, "2020-11-22T10:00:00.500Z"),
    );
    await using served = await serve({ paths: [place.path] });
    const names: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await served.call("search", { text: "hit", limit: 7, ...(cursor && { cursor }) });
      names.push(...page.hits.map(({ line, file }) => `${file} ${line.slice(29)}`));
      cursor = page.next_cursor;
    }
    expect(names).toEqual(
      Array.from({ length: 10 }, (_, index) => [`b.log b${9 - index}`, `a.log a${9 - index}`]).flat(),
    );
  });

  it("keeps the order of each log where times are missing or out of order", async () => {
    await using place = await folder();
    const a = ["2020-11-22T10:00:09Z hit a0", "hit a1", "2020-11-22T10:00:01Z hit a2", "2020-11-22T10:00:05Z hit a3"];
    await writeFile(place.at("a.log"), `${a.join("\n")}\n`);
    await writeFile(
      place.at("b.log"),
      lines(12, (index) => `hit b${index}`, "2020-11-22T10:00:00Z"),
    );
    await using served = await serve({ paths: [place.path] });
    for (const newest_first of [true, false]) {
      const names: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await served.call("search", { text: "hit", limit: 3, newest_first, ...(cursor && { cursor }) });
        names.push(...page.hits.map(({ line }) => line.slice(line.indexOf("hit") + 4)));
        cursor = page.next_cursor;
      }
      const inOrder = newest_first ? names.toReversed() : names;
      expect(inOrder.filter((name) => name.startsWith("a"))).toEqual(["a0", "a1", "a2", "a3"]);
      expect(inOrder.filter((name) => name.startsWith("b"))).toHaveLength(12);
    }
  });

  it("keeps to times and levels; a stack trace has those of its message", async () => {
    await using place = await folder();
    const text = lines(40_000, (index) =>
      index % 1000 === 0 ? `ERROR bad ${index}\n\tat deep.inside ${index}` : `INFO all the same today ${index}`,
    );
    await writeFile(place.at("app.log"), text);
    await using served = await serve({ paths: [place.path], zone: "UTC" });
    const one = await served.call("search", {
      text: "deep.inside",
      level: "error",
      since: "2020-11-22 12:00",
      until: "2020-11-22 13:00",
    });
    expect(one.hits.map(({ line }) => line)).toEqual([
      "\tat deep.inside 10000",
      "\tat deep.inside 9000",
      "\tat deep.inside 8000",
    ]);
    expect(one.hits[0]?.time).toBe("2020-11-22T12:46:40Z");
    expect(one.totals).toMatchObject({ matched: 3, exact: true });
    expect(one.totals.scanned_bytes).toBeLessThan(text.length / 4);
    const all = await served.call("search", {
      since: "2020-11-22T20:59:50Z",
      until: "2020-11-22T21:00:00Z",
      limit: 30,
    });
    expect(all.hits).toHaveLength(10);
    const none = await served.call("search", { level: "critical" });
    expect(none).toMatchObject({
      hits: [],
      totals: { matched: 0, exact: true },
      hint: expect.stringContaining("drop level"),
    });
  });

  it("understands how long ago", async () => {
    await using place = await folder();
    const now = Date.now();
    const at = (ago: number): string => `${new Date(now - ago).toISOString()} INFO ago ${ago / HOUR}\n`;
    await writeFile(place.at("app.log"), [5, 3, 1, 0].map((hours) => at(hours * HOUR)).join(""));
    await using served = await serve({ paths: [place.path] });
    expect((await served.call("search", { since: "3h30m" })).hits).toHaveLength(3);
    expect((await served.call("search", { since: "4h", until: "2h ago" })).hits).toHaveLength(1);
    await expect(served.call("search", { since: "yesterday" })).rejects.toThrow(
      /`since`: "yesterday" is no time\..*"15m"/,
    );
    await expect(served.call("search", { since: "1h", until: "2h" })).rejects.toThrow("is not before");
  });

  it("answers what is no pattern, or one that cannot be run safely, with what to do", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "a(b\n");
    await using served = await serve({ paths: [place.path] });
    await expect(served.call("search", { pattern: "a(b" })).rejects.toThrow("`pattern`");
    await expect(served.call("search", { pattern: "(a)\\1" })).rejects.toThrow(/backreference/i);
    await expect(served.call("search", { pattern: "(?=a)" })).rejects.toThrow(/look/i);
    expect((await served.call("search", { text: "a(b" })).hits).toHaveLength(1);
  });

  it("ends when its time is over, and goes on with the cursor until all was searched", async () => {
    await using place = await folder();
    const block = Buffer.from("all the same line of a log, over and over again, without any news\n".repeat(100_000));
    for (let part = 0; part < 4; part += 1) await appendFile(place.at("app.log"), block);
    await appendFile(place.at("app.log"), "the needle\n");
    for (let part = 0; part < 4; part += 1) await appendFile(place.at("app.log"), block);
    await using served = await serve({ paths: [place.path], searchMs: 50 });
    let pages = 0;
    let scanned = 0;
    const found: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; pages += 1) {
      // Every line is looked at, since any could end so.
      const page = await served.call("search", { pattern: "[mn]ee[d-f]l[eo]$", ...(cursor && { cursor }) });
      found.push(...page.hits.map(({ line }) => line));
      scanned += page.totals.scanned_bytes;
      if (page.next_cursor !== null)
        expect(page).toMatchObject({ totals: { exact: false }, hint: expect.stringContaining("next_cursor") });
      cursor = page.next_cursor;
    }
    expect(found).toEqual(["the needle"]);
    expect(pages).toBeGreaterThan(1);
    expect(scanned).toBe(block.length * 8 + 11);
  });

  it("masks what it shows, keeps to its budget, and takes no other search's cursor", async () => {
    await using place = await folder();
    await writeFile(
      place.at("app.log"),
      lines(50, (index) => `hit ${index} password=geheim${index} ${"x".repeat(100)}`),
    );
    await using served = await serve({ paths: [place.path], maxResultChars: 1_000 });
    const page = await served.call("search", { text: "hit", limit: 40 });
    expect(page.hits.length).toBeLessThan(12);
    expect(page.truncated).toContain("No more hits fit in 1000 characters");
    expect(page.hits[0]?.line).toContain("password=[masked]");
    expect(await served.text("search", { text: "hit" })).toMatch(
      /^\d of 50 matching lines of app\.log \(7\.5 kB in 1 file; content of logs/,
    );
    // Nor can it be guessed.
    expect(await served.call("search", { text: "password=geh" })).toMatchObject({ hits: [], totals: { matched: 0 } });
    expect((await served.call("search", { text: "password=" })).totals.matched).toBe(50);
    expect((await served.call("read", { text: "geheim" })).lines).toEqual([]);
    const { next_cursor: cursor } = page;
    await expect(served.call("search", { text: "other", cursor })).rejects.toThrow("belongs to another search");
    await expect(served.call("search", { text: "hit", cursor: `${cursor}A` })).rejects.toThrow("was changed");
    await expect(served.call("search", { text: "hit", cursor: page.hits[0]?.cursor })).rejects.toThrow("read tool");
    const next = await served.call("search", { text: "hit", limit: 40, cursor });
    expect(next.hits[0]?.line).toContain(`hit ${49 - page.hits.length} `);
  });

  it("says what could not be searched: damaged files, logs beyond the bound", async () => {
    await using place = await folder();
    const whole = gzipSync(lines(6_000, (index) => `needle ${index} ${(index * 7919) % 1000}`));
    await writeFile(place.at("app.log"), "needle live\n");
    await writeFile(place.at("app.log.1.gz"), whole.subarray(0, whole.length - 2_000));
    await writeFile(place.at("app.log.2.gz"), "not gzip at all");
    await writeFile(place.at("app.log.3"), "needle old\n");
    await using served = await serve({ paths: [place.path] });
    const found = await served.call("search", { text: "needle", limit: 1, newest_first: false });
    expect(found.hits[0]?.line).toBe("needle old");
    expect(found.totals.exact).toBe(false);
    expect(found.totals.matched).toBeGreaterThan(4_000);
    expect(found.truncated).toMatch(/app\.log\.2\.gz is damaged.*app\.log\.1\.gz is damaged/);
    const summary = await served.call("summarize", {});
    expect(summary).toMatchObject({ complete: false, truncated: expect.stringContaining("is damaged") });
    expect(await served.text("summarize")).toMatch(/^\d+ messages of app\.log from .* \(not all of it: see below\)\n/);
    for (let index = 0; index < 5; index += 1) await writeFile(place.at(`b${index}.log`), "needle\n");
    await using few = await serve({ paths: [place.path], maxFiles: 3 });
    expect(await few.call("search", { text: "needle" })).toMatchObject({
      totals: { exact: false },
      truncated: expect.stringContaining("3 more logs were not looked at"),
    });
    expect(await few.call("list")).toMatchObject({ total: 6, hint: expect.stringContaining("3 more logs") });
    expect((await few.call("read")).truncated).toContain("3 more logs");
    expect(await few.call("summarize")).toMatchObject({ complete: false });
  });

  it(
    "loses no hit in a compressed file for which the time does not suffice, and comes to an end",
    { timeout: 60_000 },
    async () => {
      await using place = await folder();
      const filler = "all the same line of a log, over and over again, without any news\n".repeat(200_000);
      await writeFile(place.at("app.log"), "needle live\n");
      await writeFile(place.at("app.log.1.gz"), gzipSync(`needle first\n${filler}needle last\n`, { level: 1 }));
      await writeFile(place.at("app.log.2"), "needle old\n");
      await using served = await serve({ paths: [place.path], searchMs: 50 });
      for (const newest_first of [true, false]) {
        const got: string[] = [];
        const notes: string[] = [];
        let pages = 0;
        for (let cursor: string | null | undefined; cursor !== null; pages += 1) {
          expect(pages).toBeLessThan(300);
          const page = await served.call("search", { text: "needle", newest_first, ...(cursor && { cursor }) });
          got.push(...page.hits.map(({ line }) => line.slice(7)));
          notes.push(page.truncated ?? "");
          cursor = page.next_cursor;
        }
        if (newest_first && got.length === 2) {
          expect(got).toEqual(["live", "old"]);
          expect(notes.join(" ")).toContain("search with newest_first false");
        } else expect(got).toEqual(newest_first ? ["live", "last", "first", "old"] : ["old", "first", "last", "live"]);
      }
    },
  );

  it("finds messages, and not the scraps of their stack traces, by level alone", async () => {
    await using place = await folder();
    await writeFile(
      place.at("app.log"),
      lines(6, (index) =>
        index % 2 ? `ERROR bad ${index}\njava.lang.Error: x\n\tat a.B(C.java:1)\n\t... 2 more` : "INFO fine",
      ),
    );
    await using served = await serve({ paths: [place.path] });
    const { hits, totals } = await served.call("search", { level: "error", context: 1 });
    expect(totals.matched).toBe(3);
    expect(hits.map(({ line }) => line.slice(25))).toEqual(["ERROR bad 5", "ERROR bad 3", "ERROR bad 1"]);
    expect(hits[0]?.after).toEqual(["java.lang.Error: x"]);
    expect((await served.call("search", { level: "error", text: "at a.B" })).totals.matched).toBe(3);
  });

  it("is cancelled in the middle, and the next search works", async () => {
    await using place = await folder();
    const block = Buffer.from("all the same line of a log, over and over again, without any news\n".repeat(100_000));
    for (let part = 0; part < 4; part += 1) await appendFile(place.at("app.log"), block);
    await using served = await serve({ paths: [place.path], searchMs: 45_000 });
    const stop = new AbortController();
    const searching = served.call(
      "search",
      // Each line takes long.
      { pattern: "(?:[a-z ]+,)+ [m-p][d-f]w" },
      { signal: stop.signal, onprogress: () => stop.abort() },
    );
    await expect(searching).rejects.toThrow();
    expect((await served.call("search", { text: "needle" })).totals).toMatchObject({ matched: 0, exact: true });
  });
});
