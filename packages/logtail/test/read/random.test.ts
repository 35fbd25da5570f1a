/* oxlint-disable vitest/no-standalone-expect -- the checks of one answer are a class, used in tests only */
import { lstatSync, readdirSync, statSync } from "node:fs";
import { openRoots } from "@plugboard/core/files";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor } from "../../src/files/cursor.ts";
import type { Position } from "../../src/files/cursor.ts";
import { idOf } from "../../src/files/identity.ts";
import { source } from "../../src/files/source.ts";
import type { Source } from "../../src/files/source.ts";
import { read } from "../../src/read/reader.ts";
import type { ReadOptions } from "../../src/read/answer.ts";
import { folder } from "./folder.ts";
import { numberOf, World } from "./world.ts";
import type { Style } from "./world.ts";

const LOGS = ["a.log", "b.log"];
/** More in a loop by hand: `LOGTAIL_RUNS=1000`. */
const RUNS = Number(process.env["LOGTAIL_RUNS"] ?? 20);

/** A reader that keeps nothing but its cursor, and checks every answer against the world. */
class Checked {
  readonly #path: string;
  readonly #world: World;
  readonly #given = new Set<number>();
  readonly #lost = new Set<number>();
  readonly #lastOf = new Map<number, number>();
  readonly #owed = new Set<string>();
  #cursor: string | undefined;
  /** What the cursor knows of each content. */
  #known = new Map<number, Position & { newest: boolean }>();

  constructor(path: string, world: World) {
    this.#path = path;
    this.#world = world;
  }

  async #source(): Promise<Source> {
    const roots = await openRoots([this.#path]);
    return source({ roots, patterns: [LOGS], key: "random" });
  }

  async step(options: ReadOptions = {}): Promise<boolean> {
    const world = this.#world;
    const present = world.present();
    const newlyLost = new Set<number>();
    for (const number of world.lines.keys()) {
      if (!present.has(number) && !this.#given.has(number) && !this.#lost.has(number) && world.isWhole(number))
        newlyLost.add(number);
    }
    const answer = await read(await this.#source(), this.#cursor, { quietMs: 1e9, ...options });
    for (const line of answer.lines) {
      const number = numberOf(line.text);
      const { content, log } = world.lines[number] ?? {};
      expect(line.file).toBe(log);
      expect(present, `line ${number}`).toContain(number);
      expect(this.#given, `line ${number}`).not.toContain(number);
      expect(number).toBeGreaterThan(this.#lastOf.get(content ?? 0) ?? -1);
      this.#lastOf.set(content ?? 0, number);
      this.#given.add(number);
    }
    for (const log of LOGS) {
      const gaps = answer.gaps.filter((gap) => gap.file === log);
      if (!world.disturbed.has(log)) expect(gaps).toEqual([]);
      const lost = [...newlyLost].filter((number) => world.lines[number]?.log === log);
      const bytes = lost.reduce((sum, number) => sum + (world.lines[number]?.bytes ?? 0), 0);
      expect(gaps.reduce((sum, gap) => sum + (gap.bytes ?? 0), 0)).toBeLessThanOrEqual(bytes);
      // What was never seen with a byte in it cannot be missed; nor can what was written to a file that was done with.
      const missed = lost.filter((number) => {
        const at = this.#known.get(world.lines[number]?.content ?? 0);
        return at !== undefined && at.headLength > 0 && (at.newest || at.left > 0);
      });
      const owes = missed.length > 0 || this.#owed.delete(log);
      // Of a log that is gone it is told when there is another.
      if (owes && gaps.length === 0 && world.contentOf(log) === undefined) this.#owed.add(log);
      else if (owes) expect(gaps, `lines ${missed.join()}`).not.toEqual([]);
    }
    for (const number of newlyLost) this.#lost.add(number);
    // Of a log that is gone without another in its place, a part of what is told may be told later.
    for (const log of LOGS) if (world.contentOf(log) !== undefined) world.disturbed.delete(log);
    this.#cursor = answer.cursor;
    this.#learn(answer.cursor);
    return answer.more;
  }

  #learn(cursor: string): void {
    const { positions } = decodeCursor(cursor, "random");
    this.#known = new Map();
    for (const name of readdirSync(this.#path)) {
      if (lstatSync(`${this.#path}/${name}`).isSymbolicLink()) continue;
      const id = idOf(statSync(`${this.#path}/${name}`, { bigint: true }));
      const at = positions.find((one) => one.id === id);
      const content = this.#world.contentOf(name);
      if (!at || content === undefined) continue;
      const newest = positions.findLast((one) => one.label === at.label) === at;
      this.#known.set(content, { ...at, newest });
    }
  }

  async finish(): Promise<void> {
    for (let round = 0; await this.step({ maxLines: 25 }); round += 1) expect(round).toBeLessThan(500);
    const present = this.#world.present();
    expect([...present].filter((number) => !this.#given.has(number))).toEqual([]);
  }
}

type Step =
  | { do: "write"; log: string; count: number }
  | { do: "read"; lines: number; bytes: number; scan: number; stop: number }
  | { do: "half" | "hup" | "copy" | "truncate" | "remove"; log: string }
  | { do: "rotate"; log: string; compress: boolean; create: boolean };

const log = fc.constantFrom("a.log", "a.log", "b.log");
const write = fc.record({ do: fc.constant("write" as const), log, count: fc.integer({ min: 1, max: 40 }) });
const limit = fc.constantFrom(1e9, 1e9, 1e9, 100, 500, 1500);
const reading = fc.record({
  do: fc.constant("read" as const),
  lines: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(1e6)),
  bytes: limit,
  scan: limit,
  stop: fc.oneof(fc.constant(1e9), fc.constant(1e9), fc.integer({ min: 0, max: 200 })),
});
const on = <T extends "half" | "hup" | "copy" | "truncate" | "remove">(name: T) =>
  fc.record({ do: fc.constant(name), log });
const rotate = fc.record({ do: fc.constant("rotate" as const), log, compress: fc.boolean(), create: fc.boolean() });
const style = (...names: Style["names"][]) =>
  fc.record({ names: fc.constantFrom(...names), times: fc.boolean(), keepsTime: fc.boolean() });

async function act(world: World, reader: Checked, step: Step): Promise<void> {
  if (step.do === "write") world.write(step.log, step.count);
  else if (step.do === "half") world.half(step.log);
  else if (step.do === "hup") world.hup(step.log);
  else if (step.do === "rotate") world.rotate(step.log, step.compress, step.create);
  else if (step.do === "copy") world.copytruncate(step.log);
  else if (step.do === "read")
    await reader.step({
      maxLines: step.lines,
      maxBytes: step.bytes,
      maxScanBytes: step.scan,
      take: (line) => (numberOf(line.text) === step.stop ? "stop" : "give"),
    });
  else world.drop(step.log, step.do);
}

function check(styles: fc.Arbitrary<Style>, steps: readonly fc.Arbitrary<Step>[]): Promise<void> {
  return fc.assert(
    fc.asyncProperty(styles, fc.array(fc.oneof(...steps), { maxLength: 25, size: "max" }), async (chosen, list) => {
      await using place = await folder();
      const world = new World((name) => place.at(name), chosen);
      const reader = new Checked(place.path, world);
      try {
        await reader.step();
        for (const step of list) await act(world, reader, step);
        world.close();
        for (const one of LOGS) world.write(one, 1);
        await reader.finish();
      } finally {
        world.close();
      }
    }),
    { numRuns: RUNS, ...JSON.parse(process.env["LOGTAIL_SEED"] ?? "{}") },
  );
}

const often = [write, write, write, reading, reading, reading];

describe("written, rotated and read at random: every line comes once, or a gap is told", () => {
  it("renamed and compressed", async () => {
    await check(style("numbers", "dates"), [...often, on("half"), on("hup"), rotate, rotate]);
  }, 600_000);

  it("copied and truncated", async () => {
    await check(style("numbers"), [...often, on("half"), on("copy"), rotate]);
  }, 600_000);

  it("links that are led on", async () => {
    await check(style("links"), [...often, on("half"), rotate]);
  }, 600_000);

  it("truncated and removed", async () => {
    await check(style("numbers", "dates"), [...often, rotate, on("copy"), on("hup"), on("truncate"), on("remove")]);
  }, 600_000);
});
