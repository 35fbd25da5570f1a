import { appendFile, copyFile, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Gap } from "../../src/files/segments.ts";
import { read } from "../../src/read/reader.ts";
import { folder, logs } from "./folder.ts";

const exists = async (path: string): Promise<boolean> => Boolean(await stat(path).catch(() => undefined));

/** A log that is written and rotated at random. Every line has its number. */
class Writer {
  readonly #at: (name: string) => string;
  written = 0;
  #half = "";

  constructor(at: (name: string) => string) {
    this.#at = at;
  }

  async write(count: number, name = "app.log"): Promise<void> {
    let text = name === "app.log" ? this.#half : "";
    if (name === "app.log") this.#half = "";
    for (let index = 0; index < count; index += 1) {
      text += this.#line();
    }
    await appendFile(this.#at(name), text);
  }

  #line(): string {
    const number = this.written;
    this.written += 1;
    return `line ${String(number).padStart(6, "0")} ${"é".repeat(number % 13)}\n`;
  }

  /** Half a line, whose rest comes with the next write. */
  async half(): Promise<void> {
    if (this.#half !== "") return;
    const line = this.#line();
    this.#half = line.slice(11);
    await appendFile(this.#at("app.log"), line.slice(0, 11));
  }

  async #shift(compressed: boolean): Promise<void> {
    if (this.#half !== "") await this.write(0);
    for (let index = 8; index >= 1; index -= 1) {
      for (const ending of ["", ".gz"]) {
        const [from, to] = [this.#at(`app.log.${index}${ending}`), this.#at(`app.log.${index + 1}${ending}`)];
        if (!(await exists(from))) continue;
        await rename(from, to);
        if (index === 1 && ending === "" && compressed) {
          await writeFile(`${to}.gz`, gzipSync(await readFile(to)));
          await rm(to);
        }
      }
    }
  }

  async rotate(compressed: boolean, create: boolean): Promise<void> {
    if (!(await exists(this.#at("app.log")))) return;
    await this.#shift(compressed);
    await rename(this.#at("app.log"), this.#at("app.log.1"));
    if (create) await writeFile(this.#at("app.log"), "");
  }

  async copytruncate(): Promise<void> {
    if (!(await exists(this.#at("app.log")))) return;
    await this.#shift(false);
    await copyFile(this.#at("app.log"), this.#at("app.log.1"));
    await truncate(this.#at("app.log"));
  }

  async late(): Promise<void> {
    if (await exists(this.#at("app.log.1"))) await this.write(2, "app.log.1");
  }

  async drop(how: "truncate" | "remove"): Promise<void> {
    if (!(await exists(this.#at("app.log")))) return;
    if (this.#half !== "") await this.write(0);
    if (how === "truncate") await truncate(this.#at("app.log"));
    else await rm(this.#at("app.log"));
  }
}

type Step =
  | { do: "write" | "read"; count: number }
  | { do: "half" | "copy" | "late" | "truncate" | "remove" }
  | { do: "rotate"; compressed: boolean; create: boolean };

const write = fc.record({ do: fc.constant("write" as const), count: fc.integer({ min: 1, max: 40 }) });
const reading = fc.record({ do: fc.constant("read" as const), count: fc.integer({ min: 1, max: 60 }) });
const half = fc.record({ do: fc.constant("half" as const) });
const rotate = fc.record({ do: fc.constant("rotate" as const), compressed: fc.boolean(), create: fc.boolean() });
const kind = <T extends string>(name: T) => fc.record({ do: fc.constant(name) });

async function run(steps: readonly Step[]): Promise<{ got: number[]; written: number; gaps: Gap[] }> {
  await using place = await folder();
  const writer = new Writer(place.at);
  const got: number[] = [];
  const gaps: Gap[] = [];
  let cursor = (await read(await logs(place.path), undefined)).cursor;
  const step = async (maxLines: number): Promise<boolean> => {
    const answer = await read(await logs(place.path), cursor, { maxLines, quietMs: 1e9 });
    cursor = answer.cursor;
    gaps.push(...answer.gaps);
    for (const line of answer.lines) {
      const found = /^line (\d+) (é*)$/.exec(line.text);
      expect(found?.[2]).toHaveLength(Number(found?.[1]) % 13);
      got.push(Number(found?.[1]));
    }
    return answer.more;
  };
  for (const one of steps) {
    if (one.do === "write") await writer.write(one.count);
    else if (one.do === "read") await step(one.count);
    else if (one.do === "half") await writer.half();
    else if (one.do === "rotate") await writer.rotate(one.compressed, one.create);
    else if (one.do === "copy") await writer.copytruncate();
    else if (one.do === "late") await writer.late();
    else await writer.drop(one.do);
  }
  await writer.write(1);
  while (await step(25));
  return { got, written: writer.written, gaps };
}

describe("written, rotated and read at random", () => {
  it("renamed and compressed: every line comes once, and no gap", async () => {
    const steps = fc.array(fc.oneof(write, write, reading, reading, half, rotate), { maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { got, written, gaps } = await run(list);
        expect(got).toEqual(Array.from({ length: written }, (_, index) => index));
        // An inode that is given away within one tick of the clock looks like a truncated file.
        expect(gaps.filter((gap) => !gap.reason.includes("copied"))).toEqual([]);
      }),
      { numRuns: 80 },
    );
  }, 60_000);

  it("copied and truncated, with no line between: every line comes once", async () => {
    const steps = fc.array(fc.oneof(write, write, reading, reading, half, kind("copy")), { maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { got, written, gaps } = await run(list);
        expect(got).toEqual(Array.from({ length: written }, (_, index) => index));
        expect(gaps.every((gap) => gap.reason.includes("copied"))).toBe(true);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it("truncated and removed too: no line comes twice, and none is missing without a gap", async () => {
    const steps = fc.array(
      fc.oneof(write, write, reading, reading, rotate, kind("copy"), kind("late"), kind("truncate"), kind("remove")),
      { maxLength: 14 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const { got, written, gaps } = await run(list);
        expect(new Set(got).size).toBe(got.length);
        const unseen = list.some((one) => one.do === "truncate" || one.do === "remove" || one.do === "late");
        if (got.length < written && !unseen) expect(gaps.length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
