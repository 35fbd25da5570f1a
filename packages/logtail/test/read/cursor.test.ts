import { writeFile } from "node:fs/promises";
import { deflateRawSync } from "node:zlib";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CursorError, decodeCursor, encodeCursor, MAX_CURSOR } from "../../src/files/cursor.ts";
import type { Position } from "../../src/files/cursor.ts";
import { read } from "../../src/read/reader.ts";
import { Packer } from "../../src/files/pack.ts";
import { folder, logs } from "./folder.ts";

const position: Position = {
  label: "app.log",
  id: "0123456789ab",
  headLength: 1024,
  headHash: "abcdef01",
  offset: 2 ** 40,
  anchorHash: "10fedcba",
  left: 7,
};
const state = { time: Date.now(), positions: [position] };

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(CursorError);
    return (error as CursorError).code;
  }
  return undefined;
}

/** A cursor with a right checksum around anything. */
function forged(packed: Buffer, deflated = 0): string {
  const body = Buffer.concat([Buffer.of(deflated), packed]);
  const sum = createHash("sha256").update("lt2").update(body).digest().subarray(0, 4);
  return `lt2.${Buffer.concat([sum, body]).toString("base64url")}`;
}

describe("a cursor", () => {
  it("says again what it was made of", () => {
    expect(decodeCursor(encodeCursor("source", state), "source")).toEqual(state);
  });

  it("is refused with any one sign changed, added or left out", () => {
    const cursor = encodeCursor("source", state);
    for (let at = 0; at < cursor.length; at += 1) {
      const other = cursor[at] === "A" ? "B" : "A";
      expect(codeOf(() => decodeCursor(cursor.slice(0, at) + other + cursor.slice(at + 1), "source"))).toBe("invalid");
      expect(codeOf(() => decodeCursor(cursor.slice(0, at), "source"))).toBe("invalid");
    }
    for (const other of ["", "x", `${cursor}A`, `${cursor}=`, ` ${cursor}`, "A".repeat(3000), `lt1${cursor.slice(3)}`])
      expect(codeOf(() => decodeCursor(other, "source"))).toBe("invalid");
  });

  it("is refused by another source, and when it is too old", () => {
    const cursor = encodeCursor("source", state);
    expect(codeOf(() => decodeCursor(cursor, "other"))).toBe("foreign");
    expect(codeOf(() => decodeCursor(cursor, "source", { now: state.time + 31 * 86_400_000 }))).toBe("expired");
    expect(codeOf(() => decodeCursor(cursor, "source", { now: state.time + 11, maxAgeMs: 10 }))).toBe("expired");
  });

  it("takes at most 120 characters for one log, also after a rotation of it", () => {
    const long = { ...position, label: "service/production.log", offset: 2 ** 33, left: 1000 };
    expect(encodeCursor("source", { ...state, positions: [long] }).length).toBeLessThanOrEqual(100);
    expect(encodeCursor("source", { ...state, positions: [long, long] }).length).toBeLessThanOrEqual(120);
  });

  it("is refused where its values are not possible", () => {
    const start = (): Packer => new Packer().hex("000000").number(1);
    const wrong = [
      start().text("../a").number(1).hex("000000000000").number(0).number(0).number(0),
      start().text("").number(1).hex("000000000000").number(0).number(0).number(0),
      start().text("a").number(1).hex("000000000000").number(1025).number(0).number(0).hex("00000000"),
      start().text("a").number(1).hex("000000000000").number(0).number(9).number(0).hex("00000000"),
      start()
        .text("a")
        .number(2 ** 50),
      start().number(2 ** 50),
      new Packer().hex("000000").hex("ffffffffffffffffffff"),
      new Packer().hex("00"),
    ];
    for (const one of wrong) expect(codeOf(() => decodeCursor(forged(one.bytes()), "source"))).toBe("invalid");
    const right = start().text("a").number(1).hex("000000000000").number(0).number(0).number(0);
    expect(codeOf(() => decodeCursor(forged(right.bytes()), "source"))).toBe("foreign");
    expect(codeOf(() => decodeCursor(forged(deflateRawSync(Buffer.alloc(1e6)), 1), "source"))).toBe("invalid");
    expect(codeOf(() => decodeCursor(forged(Buffer.from("not deflated"), 1), "source"))).toBe("invalid");
  });

  it("holds twenty files, and refuses more than it can hold", () => {
    const many = (count: number) => ({
      time: state.time,
      positions: Array.from({ length: count }, (_, index) => {
        const hash = createHash("sha256").update(String(index)).digest("hex");
        const hashes = { id: hash.slice(0, 12), headHash: hash.slice(12, 20), anchorHash: hash.slice(20, 28) };
        return { ...position, ...hashes, label: `service-${index}.log` };
      }),
    });
    expect(encodeCursor("source", many(20)).length).toBeLessThanOrEqual(MAX_CURSOR);
    expect(codeOf(() => encodeCursor("source", many(200)))).toBe("too_many_files");
  });

  it("opens nothing that is not of the source", async () => {
    await using place = await folder();
    await writeFile(place.at("app.log"), "a\n");
    await writeFile(place.at("private.txt"), "secret\n");
    const mine = await logs(place.path);
    const { cursor } = await read(mine, undefined);
    const at = decodeCursor(cursor, mine.key);
    // Cursors whose sums are right, as somebody could make them who knows how.
    const far = at.positions.map((one) => ({ ...one, label: "private.txt" }));
    const away = [
      { ...position, label: "private.txt" },
      { ...position, label: "a/../../private.log" },
    ];
    for (const positions of [far, away.slice(0, 1)]) {
      const answer = await read(mine, encodeCursor(mine.key, { ...at, positions }));
      expect(answer.lines.map((line) => line.text)).toEqual(["a"]);
    }
    expect(codeOf(() => decodeCursor(encodeCursor(mine.key, { ...at, positions: away }), mine.key))).toBe("invalid");
  });
});
