import { appendFile, copyFile, readFile, rename, rm, truncate, unlink, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { read } from "../../src/read/reader.ts";
import { folder, logs } from "./folder.ts";

const text = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index} ${"x".repeat((from + index) % 40)}\n`).join("");
const numbers = (lines: readonly { text: string }[]): number[] => lines.map((line) => Number(line.text.split(" ")[1]));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

/** Starts with ten lines that were read, then does `what`; gives all that comes with the cursor, in small steps. */
async function after(what: (at: (name: string) => string) => Promise<void>, step = 7) {
  await using place = await folder();
  await writeFile(place.at("app.log"), text(0, 10));
  const first = await read(await logs(place.path), undefined);
  expect(numbers(first.lines)).toEqual(range(0, 10));
  await what(place.at);
  let cursor = first.cursor;
  const lines = [];
  const gaps = [];
  for (let round = 0; ; round += 1) {
    // A new source each time: nothing is kept but the cursor.
    const answer = await read(await logs(place.path), cursor, { maxLines: step });
    lines.push(...answer.lines);
    gaps.push(...answer.gaps);
    cursor = answer.cursor;
    if (!answer.more) break;
    expect(round).toBeLessThan(100);
  }
  const again = await read(await logs(place.path), cursor);
  expect(again.lines).toEqual([]);
  expect(again.gaps).toEqual([]);
  return { numbers: numbers(lines), gaps };
}

async function compress(path: string): Promise<void> {
  await writeFile(`${path}.gz`, gzipSync(await readFile(path)));
  await unlink(path);
}

describe("with a cursor, after a rotation", () => {
  it("reads what was appended", async () => {
    const { numbers: got, gaps } = await after((at) => appendFile(at("app.log"), text(10, 40)));
    expect(got).toEqual(range(10, 40));
    expect(gaps).toEqual([]);
  });

  it("reads the rest of a renamed file first, then the new one", async () => {
    const { numbers: got, gaps } = await after(async (at) => {
      await appendFile(at("app.log"), text(10, 20));
      await rename(at("app.log"), at("app.log.1"));
      await writeFile(at("app.log"), text(20, 40));
    });
    expect(got).toEqual(range(10, 40));
    expect(gaps).toEqual([]);
  });

  it.each([1, 3, 7, 1000])("follows four rotations with compression, in steps of %d", async (step) => {
    const { numbers: got, gaps } = await after(async (at) => {
      await appendFile(at("app.log"), text(10, 14));
      await rename(at("app.log"), at("app.log.4"));
      await compress(at("app.log.4"));
      await writeFile(at("app.log.3"), text(14, 18));
      await compress(at("app.log.3"));
      await writeFile(at("app.log.2"), text(18, 22));
      await compress(at("app.log.2"));
      await writeFile(at("app.log.1"), text(22, 26));
      await writeFile(at("app.log"), text(26, 30));
    }, step);
    expect(got).toEqual(range(10, 30));
    expect(gaps).toEqual([]);
  });

  it("follows dated names", async () => {
    const { numbers: got, gaps } = await after(async (at) => {
      await rename(at("app.log"), at("app.log-20261120"));
      await appendFile(at("app.log-20261120"), text(10, 20));
      await writeFile(at("app.log-20261121"), text(20, 30));
      await compress(at("app.log-20261121"));
      await writeFile(at("app.log"), text(30, 40));
    });
    expect(got).toEqual(range(10, 40));
    expect(gaps).toEqual([]);
  });

  it("reads the copy of copytruncate, and says that lines may be missing between", async () => {
    const { numbers: got, gaps } = await after(async (at) => {
      await appendFile(at("app.log"), text(10, 20));
      await copyFile(at("app.log"), at("app.log.1"));
      await truncate(at("app.log"));
      await appendFile(at("app.log"), text(20, 45));
    });
    expect(got).toEqual(range(10, 45));
    expect(gaps).toEqual([expect.objectContaining({ file: "app.log", reason: expect.stringContaining("copied") })]);
  });

  it.each(["", "renamed"])("reads what was written and copied away since its file was found empty %s", async (then) => {
    await using place = await folder();
    const copytruncate = async (): Promise<void> => {
      await rename(place.at("app.log.1"), place.at("app.log.2")).catch(() => undefined);
      await copyFile(place.at("app.log"), place.at("app.log.1"));
      await truncate(place.at("app.log"));
    };
    await writeFile(place.at("app.log"), text(0, 10));
    await copytruncate();
    const { cursor } = await read(await logs(place.path), undefined);
    await appendFile(place.at("app.log"), text(10, 20));
    await copytruncate();
    if (then !== "") {
      await rename(place.at("app.log.2"), place.at("app.log.3"));
      await rename(place.at("app.log.1"), place.at("app.log.2"));
      await rename(place.at("app.log"), place.at("app.log.1"));
    }
    await appendFile(place.at("app.log"), text(20, 30));
    const { lines } = await read(await logs(place.path), cursor);
    expect(numbers(lines)).toEqual(range(10, 30));
  });

  it("does not give again from a file what was read in its copy, before it is truncated", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "");
    let { cursor } = await read(await logs(place.path), undefined);
    const got: number[] = [];
    const page = async (): Promise<void> => {
      const answer = await read(await logs(place.path), cursor);
      ({ cursor } = answer);
      got.push(...numbers(answer.lines));
    };
    await appendFile(place.at("app.log"), text(0, 4));
    await copyFile(place.at("app.log"), place.at("app.log.1"));
    await page();
    await truncate(place.at("app.log"));
    await appendFile(place.at("app.log"), text(4, 9));
    await page();
    expect(got).toEqual(range(0, 9));
  });

  it("keeps its place where files change their names for as long as it is tried", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), text(0, 3));
    const real = await logs(place.path);
    const first = await read(real, undefined);
    await appendFile(place.at("app.log"), text(3, 5));
    const moving = {
      ...real,
      list: async (...args: Parameters<typeof real.list>) => {
        const { logs: found, ...rest } = await real.list(...args);
        return {
          ...rest,
          logs: found.map((log) => ({ ...log, live: log.live && { ...log.live, path: `${log.live.path}.gone` } })),
        };
      },
    };
    const second = await read(moving, first.cursor);
    expect(second).toMatchObject({ lines: [], gaps: [], more: true });
    expect(numbers((await read(real, second.cursor)).lines)).toEqual([3, 4]);
  });

  it("reports a truncation, and reads from the start, also where the file has grown past the offset", async () => {
    const { numbers: got, gaps } = await after(async (at) => {
      await truncate(at("app.log"));
      await appendFile(at("app.log"), text(100, 150));
    });
    expect(got).toEqual(range(100, 150));
    expect(gaps).toHaveLength(1);
  });

  it("notices a truncation where both contents begin with the same long header", async () => {
    await using place = await folder();
    const header = `${"#".repeat(2000)}\n`;
    await writeFile(place.at("app.log"), header + text(0, 10));
    const { cursor } = await read(await logs(place.path), undefined);
    await truncate(place.at("app.log"));
    await appendFile(place.at("app.log"), header + text(100, 150));
    const { lines, gaps } = await read(await logs(place.path), cursor);
    expect(numbers(lines.slice(1))).toEqual(range(100, 150));
    expect(gaps).toHaveLength(1);
  });

  it("reports a deletion, and reads the new file, whatever its inode", async () => {
    const { numbers: got, gaps } = await after(async (at) => {
      await rm(at("app.log"));
      await writeFile(at("app.log"), text(100, 150));
    });
    expect(got).toEqual(range(100, 150));
    expect(gaps).toHaveLength(1);
  });

  it("reads a slow writer's lines in a file that was rotated before the last read", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), text(0, 10));
    const first = await read(await logs(place.path), undefined);
    await rename(place.at("app.log"), place.at("app.log.1"));
    await writeFile(place.at("app.log"), text(20, 30));
    const second = await read(await logs(place.path), first.cursor);
    expect(numbers(second.lines)).toEqual(range(20, 30));
    await appendFile(place.at("app.log.1"), text(10, 20));
    await appendFile(place.at("app.log"), text(30, 40));
    const third = await read(await logs(place.path), second.cursor);
    expect(numbers(third.lines)).toEqual(range(10, 20).concat(range(30, 40)));
    expect(third.gaps).toEqual([]);
  });

  it("does not give a file again that was rotated before the cursor was made", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log.1"), text(0, 10));
    await writeFile(place.at("app.log"), text(10, 20));
    const first = await read(await logs(place.path, "*.log*"), undefined, { maxLines: 5 });
    expect(numbers(first.lines)).toEqual(range(15, 20));
    await rename(place.at("app.log.1"), place.at("app.log.2"));
    await rename(place.at("app.log"), place.at("app.log.1"));
    await writeFile(place.at("app.log"), text(20, 30));
    const second = await read(await logs(place.path, "*.log*"), first.cursor);
    expect(numbers(second.lines)).toEqual(range(20, 30));
    expect(second.gaps).toEqual([]);
  });
});
