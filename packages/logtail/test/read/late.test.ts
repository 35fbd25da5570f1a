import { appendFileSync, truncateSync, writeFileSync } from "node:fs";
import { appendFile, readFile, rename, stat, truncate, unlink, utimes, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { CursorState } from "../../src/files/cursor.ts";
import { Reader } from "../../src/read/reader.ts";
import { folder, logs } from "./folder.ts";

const text = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join("");

it.each([0, 3, 200])(
  "is not read again from an archive that lacks its late lines, seen first with %d lines",
  async (seen) => {
    await using place = await folder();
    await writeFile(place.at("app.log"), text(0, seen));
    const reader = new Reader(await logs(place.path), true);
    let state: CursorState | undefined;
    const got: string[] = [];
    const gaps: unknown[] = [];
    const step = async (): Promise<void> => {
      const answer = await reader.read(state);
      ({ state } = answer);
      got.push(...answer.lines.map((line) => `${line.text}\n`));
      gaps.push(...answer.gaps);
    };
    try {
      await step();
      await appendFile(place.at("app.log"), text(seen, 300));
      if (seen > 0) await step();
      await rename(place.at("app.log"), place.at("app.log.1"));
      const archive = gzipSync(await readFile(place.at("app.log.1")));
      await appendFile(place.at("app.log.1"), text(300, 310));
      if (seen > 0) await step();
      const { atime, mtime } = await stat(place.at("app.log.1"));
      await writeFile(place.at("app.log.1.gz"), archive);
      await utimes(place.at("app.log.1.gz"), atime, mtime);
      await unlink(place.at("app.log.1"));
      await writeFile(place.at("app.log"), "");
      await step();
      await appendFile(place.at("app.log"), text(310, 320));
      await step();
      await rename(place.at("app.log.1.gz"), place.at("app.log.2.gz"));
      await rename(place.at("app.log"), place.at("app.log.1"));
      await step();
      await writeFile(place.at("app.log"), text(320, 330));
      await step();
      await step();
    } finally {
      await reader.close();
    }
    expect(gaps).toEqual([]);
    expect(got.join("")).toBe(text(0, 330));
  },
);

it.each([true, false])("are not read again from a copy that lacks them, compressed: %s", async (compressed) => {
  await using place = await folder();
  await writeFile(place.at("app.log"), "");
  const reader = new Reader(await logs(place.path), true);
  try {
    let { state } = await reader.read(undefined);
    const got: string[] = [];
    const step = async (): Promise<void> => {
      const answer = await reader.read(state);
      ({ state } = answer);
      got.push(...answer.lines.map((line) => `${line.text}\n`));
    };
    await writeFile(place.at("app.log"), text(0, 30));
    await step();
    const copy = Buffer.from(text(0, 25));
    await writeFile(place.at(compressed ? "app.log.1.gz" : "app.log.1"), compressed ? gzipSync(copy) : copy);
    await truncate(place.at("app.log"));
    await appendFile(place.at("app.log"), text(30, 40));
    await step();
    expect(got.join("")).toBe(text(0, 40));
  } finally {
    await reader.close();
  }
});

describe("are not read again from a copy that lacks them and is shorter than the head that is known", () => {
  /** What was written between the copy and the truncation is nowhere else. */
  const rotate = (at: (name: string) => string): void => {
    writeFileSync(at("app.log.1.gz"), gzipSync(text(0, 90)));
    truncateSync(at("app.log"));
    appendFileSync(at("app.log"), text(200, 210));
  };

  it.each([
    { name: "truncated after they were read", before: 0, during: false },
    { name: "truncated while they are read", before: 0, during: true },
    { name: "there before the first reading", before: 200, during: false },
  ])("$name", async ({ before, during }) => {
    await using place = await folder();
    await writeFile(place.at("app.log"), text(0, before));
    const reader = new Reader(await logs(place.path), true);
    try {
      const first = await reader.read(undefined);
      let { state } = first;
      const got = first.lines.map((line) => `${line.text}\n`);
      const step = async (meanwhile?: () => void): Promise<void> => {
        const options = { take: () => (meanwhile?.(), (meanwhile = undefined), "give" as const) };
        const answer = await reader.read(state, options);
        ({ state } = answer);
        got.push(...answer.lines.map((line) => `${line.text}\n`));
      };
      await appendFile(place.at("app.log"), text(before, 200));
      if (before === 0) await step(during ? () => rotate(place.at) : undefined);
      if (!during) rotate(place.at);
      await step();
      await step();
      expect(got.join("")).toBe(text(0, 210));
    } finally {
      await reader.close();
    }
  });
});
