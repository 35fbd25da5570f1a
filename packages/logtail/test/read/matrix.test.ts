import { appendFile, copyFile, mkdir, open, rename, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Gap } from "../../src/files/plan.ts";
import { follow } from "../../src/read/follow.ts";
import { read } from "../../src/read/reader.ts";
import { folder, logs } from "./folder.ts";

/** Writes numbered lines, a few at a time, so that others get their turn. */
class Writer {
  readonly at: (name: string) => string;
  next = 10;

  constructor(at: (name: string) => string) {
    this.at = at;
  }

  async write(count: number, name = "app.log"): Promise<void> {
    for (let left = count; left > 0; left -= 5) await appendFile(this.at(name), this.#lines(Math.min(5, left)));
  }

  /** Through a descriptor that stays open, as a writer does that has not noticed a rotation. */
  async late(count: number, write: (text: string) => Promise<unknown>): Promise<void> {
    for (let left = count; left > 0; left -= 5) await write(this.#lines(Math.min(5, left)));
  }

  #lines(count: number): string {
    const from = this.next;
    this.next += count;
    return Array.from({ length: count }, (_, index) => `line ${from + index}\n`).join("");
  }
}

interface Case {
  readonly name: string;
  /** How the lines are rotated. */
  run(writer: Writer): Promise<void>;
  /** A gap is told where nothing can show whether there were lines in between. */
  readonly gap?: boolean;
}

/** More rotations than a case has. */
const ROTATIONS = 12;

const shift = async (at: Writer["at"]): Promise<void> => {
  for (let index = ROTATIONS; index >= 1; index -= 1)
    for (const ending of ["", ".gz"])
      await rename(at(`app.log.${index}${ending}`), at(`app.log.${index + 1}${ending}`)).catch(() => undefined);
};

const CASES: readonly Case[] = [
  {
    name: "rename and create, fast writer",
    async run(writer) {
      for (let round = 0; round < 8; round += 1) {
        await writer.write(30);
        await shift(writer.at);
        await rename(writer.at("app.log"), writer.at("app.log.1"));
      }
    },
  },
  {
    name: "rename and create, a slow writer on the old file",
    async run(writer) {
      for (let round = 0; round < 4; round += 1) {
        const old = await open(writer.at("app.log"), "a");
        await writer.late(20, (text) => old.write(text));
        await shift(writer.at);
        await rename(writer.at("app.log"), writer.at("app.log.1"));
        await writer.write(20);
        await writer.late(20, (text) => old.write(text));
        await old.close();
      }
    },
  },
  {
    name: "two renames at once",
    async run(writer) {
      for (let round = 0; round < 6; round += 1) {
        for (let twice = 0; twice < 2; twice += 1) {
          await writer.write(10);
          await shift(writer.at);
          await rename(writer.at("app.log"), writer.at("app.log.1"));
        }
      }
    },
  },
  {
    name: "a chain with compression",
    async run(writer) {
      for (let round = 0; round < 6; round += 1) {
        await writer.write(20);
        await shift(writer.at);
        const two = writer.at("app.log.2");
        const file = await open(two).catch(() => undefined);
        if (file) {
          await writeFile(`${two}.gz`, gzipSync(await file.readFile()));
          await file.close();
          await unlink(two);
        }
        await rename(writer.at("app.log"), writer.at("app.log.1"));
      }
    },
  },
  {
    name: "a symbolic link that is led on",
    async run(writer) {
      for (let day = 21; day < 27; day += 1) {
        await writer.write(20, `day-${day}.txt`);
        await symlink(`day-${day}.txt`, writer.at("next"));
        if (day === 21) await writer.late(0, () => Promise.resolve());
        await rename(writer.at("next"), writer.at("app.log"));
        await writer.write(20, `day-${day}.txt`);
      }
    },
  },
  {
    name: "the folder made again",
    gap: true,
    async run(writer) {
      await writer.write(20);
      await writer.write(0);
      await seen(writer);
      await rm(writer.at(""), { recursive: true });
      await mkdir(writer.at(""));
      await writer.write(30);
    },
  },
  {
    name: "copytruncate, quiet before",
    gap: true,
    async run(writer) {
      for (let round = 0; round < 5; round += 1) {
        await writer.write(30);
        await shift(writer.at);
        await copyFile(writer.at("app.log"), writer.at("app.log.1"));
        await truncate(writer.at("app.log"));
      }
    },
  },
  {
    name: "truncated, and grown past the old offset",
    gap: true,
    async run(writer) {
      for (let round = 0; round < 3; round += 1) {
        await writer.write(20);
        await seen(writer);
        await truncate(writer.at("app.log"));
        await writer.write(60);
      }
    },
  },
  {
    name: "removed and made again",
    gap: true,
    async run(writer) {
      for (let round = 0; round < 3; round += 1) {
        await writer.write(20);
        await seen(writer);
        await unlink(writer.at("app.log"));
        await writer.write(30);
      }
    },
  },
  {
    name: "half a line at the rotation",
    async run(writer) {
      for (let round = 0; round < 6; round += 1) {
        const old = await open(writer.at("app.log"), "a");
        await writer.late(1, (text) =>
          old.write(text.slice(0, 4)).then(async () => {
            await shift(writer.at);
            await rename(writer.at("app.log"), writer.at("app.log.1"));
            await writeFile(writer.at("app.log"), "");
            await old.write(text.slice(4));
          }),
        );
        await old.close();
        await writer.write(10);
      }
    },
  },
];

/** Waits until all that was written so far was read: what is destroyed before that cannot come. */
let seen: (writer: Writer) => Promise<void> = () => Promise.resolve();

async function prepared(): Promise<{ writer: Writer; base: string } & AsyncDisposable> {
  const place = await folder();
  await mkdir(place.at("x"));
  const writer = new Writer((name) => place.at(name === "" ? "x" : `x/${name}`));
  return { writer, base: place.path, [Symbol.asyncDispose]: () => place[Symbol.asyncDispose]() };
}

const numberOf = (text: string): number => {
  const found = /^line (\d+)$/.exec(text);
  expect(found, text).not.toBeNull();
  return Number(found?.[1]);
};
const wanted = (writer: Writer): number[] => Array.from({ length: writer.next - 10 }, (_, index) => 10 + index);

describe("every line comes once, and nothing but a gap is told", () => {
  it.each(CASES)("followed: $name", async ({ run, gap }) => {
    await using place = await prepared();
    const { writer, base } = place;
    if (!run.toString().includes("symlink")) await writeFile(writer.at("app.log"), "");
    const { cursor } = await read(await logs(base, "x/app.log"), undefined);
    const stop = new AbortController();
    const gaps: Gap[] = [];
    const got: number[] = [];
    let heard: (() => void) | undefined;
    seen = (one) =>
      new Promise((resolve) => {
        heard = () => got.length >= one.next - 10 && resolve();
        heard();
      });
    const following = (async () => {
      const options = { signal: stop.signal, cursor, onGap: (one: Gap) => gaps.push(one) };
      for await (const line of follow(await logs(base, "x/app.log"), options)) {
        got.push(numberOf(line.text));
        heard?.();
      }
    })();
    await Promise.race([run(writer).then(() => seen(writer)), following]);
    stop.abort();
    await following;
    expect(got.toSorted((a, b) => a - b)).toEqual(wanted(writer));
    if (gap !== true) expect(gaps).toEqual([]);
    expect(gaps.every((one) => one.bytes === undefined)).toBe(true);
  });

  it.each(CASES)("read page by page: $name", async ({ run, gap }) => {
    await using place = await prepared();
    const { writer, base } = place;
    if (!run.toString().includes("symlink")) await writeFile(writer.at("app.log"), "");
    let { cursor } = await read(await logs(base, "x/app.log"), undefined);
    const gaps: Gap[] = [];
    const got: number[] = [];
    const page = async (): Promise<boolean> => {
      // A process that has just started: it has nothing but the cursor.
      const answer = await read(await logs(base, "x/app.log"), cursor, { maxLines: 15, quietMs: 1e9 });
      ({ cursor } = answer);
      got.push(...answer.lines.map((line) => numberOf(line.text)));
      gaps.push(...answer.gaps);
      return answer.more;
    };
    let heard: (() => void) | undefined;
    seen = (one) => new Promise((resolve) => (heard = () => got.length >= one.next - 10 && resolve()));
    let writing = true;
    const done = run(writer).finally(() => (writing = false));
    while (writing || got.length < writer.next - 10) {
      await page();
      heard?.();
    }
    await done;
    expect(got.toSorted((a, b) => a - b)).toEqual(wanted(writer));
    if (gap !== true) expect(gaps).toEqual([]);
    expect(gaps.every((one) => one.bytes === undefined)).toBe(true);
  });
});

describe("where lines are truly gone, it is told", () => {
  it.each(["truncate", "remove"])("%s before they were read: with the number of bytes that was known", async (how) => {
    await using place = await prepared();
    const { writer, base } = place;
    await writer.write(20);
    const first = await read(await logs(base, "x/app.log"), undefined, { maxLines: 0 });
    await writer.write(50);
    const second = await read(await logs(base, "x/app.log"), first.cursor, { maxLines: 10 });
    expect(second.more).toBe(true);
    const before = writer.next;
    if (how === "truncate") await truncate(writer.at("app.log"));
    else await unlink(writer.at("app.log"));
    await writer.write(10);
    const third = await read(await logs(base, "x/app.log"), second.cursor);
    expect(third.lines.map((line) => numberOf(line.text))).toEqual(
      Array.from({ length: 10 }, (_, index) => before + index),
    );
    expect(third.gaps).toEqual([expect.objectContaining({ file: "x/app.log", bytes: second.left })]);
    expect(second.left).toBe(40 * "line 40\n".length);
  });

  it("a log that is gone for a while goes on where it was", async () => {
    await using place = await prepared();
    const { writer, base } = place;
    await writer.write(20);
    const first = await read(await logs(base, "x/app.log"), undefined);
    await rename(writer.at(""), `${base}/away`);
    const second = await read(await logs(base, "x/app.log"), first.cursor);
    expect(second).toMatchObject({ lines: [], gaps: [] });
    await rename(`${base}/away`, writer.at(""));
    await writer.write(5);
    const third = await read(await logs(base, "x/app.log"), second.cursor);
    expect(third.lines.map((line) => numberOf(line.text))).toEqual([30, 31, 32, 33, 34]);
    expect(third.gaps).toEqual([]);
  });
});
