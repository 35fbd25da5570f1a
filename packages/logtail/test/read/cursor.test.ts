import { writeFile } from "node:fs/promises";
import { deflateRawSync } from "node:zlib";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CursorError, decodeCursor, encodeCursor, MAX_CURSOR } from "../../src/files/cursor.ts";
import type { Position } from "../../src/files/cursor.ts";
import { read } from "../../src/read/reader.ts";
import { folder, logs } from "./folder.ts";

const position: Position = {
  root: 0,
  name: "app.log",
  dev: "1a",
  ino: "zz9",
  headLength: 1024,
  headHash: "abcdefgh",
  offset: 2 ** 40,
  anchorHash: "hgfedcba",
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
function forged(value: unknown): string {
  const body = deflateRawSync(JSON.stringify(value));
  const sum = createHash("sha256").update("lt1").update(body).digest().subarray(0, 6);
  return `lt1.${Buffer.concat([sum, body]).toString("base64url")}`;
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
    for (const other of ["", "x", `${cursor}A`, `${cursor}=`, ` ${cursor}`, "A".repeat(3000), `lt2${cursor.slice(3)}`])
      expect(codeOf(() => decodeCursor(other, "source"))).toBe("invalid");
  });

  it("is refused by another source, and when it is too old", () => {
    const cursor = encodeCursor("source", state);
    expect(codeOf(() => decodeCursor(cursor, "other"))).toBe("foreign");
    expect(codeOf(() => decodeCursor(cursor, "source", { now: state.time + 31 * 86_400_000 }))).toBe("expired");
    expect(codeOf(() => decodeCursor(cursor, "source", { now: state.time + 11, maxAgeMs: 10 }))).toBe("expired");
  });

  it("is refused where its values are not possible", () => {
    const row = ["0", "a", "1", "1", 0, "h", 0, "h", 0];
    const rows = [
      row,
      [0, "../a", "1", "1", 0, "h", 0, "h", 0],
      [0, "a", "1", "1", 0, "h", -1, "h", 0],
      [0],
      "x",
      null,
    ];
    for (const one of rows) expect(codeOf(() => decodeCursor(forged(["x", 1, [one]]), "source"))).toBe("invalid");
    expect(codeOf(() => decodeCursor(forged("x".repeat(100_000)), "source"))).toBe("invalid");
    expect(codeOf(() => decodeCursor(forged({ __proto__: 1 }), "source"))).toBe("invalid");
  });

  it("holds twenty files, and refuses more than it can hold", () => {
    const many = (count: number) => ({
      time: state.time,
      positions: Array.from({ length: count }, (_, index) => {
        const hash = createHash("sha256").update(String(index)).digest("base64url");
        return { ...position, name: `service-${index}.log`, headHash: hash.slice(0, 8), anchorHash: hash.slice(8, 16) };
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
    const other = encodeCursor(mine.key, {
      time: 0,
      positions: at.positions.map((one) => ({ ...one, name: "private.txt", offset: 0 })),
    });
    await expect(read(mine, other)).rejects.toThrow(CursorError);
    const old = encodeCursor(mine.key, { ...at, positions: [{ ...position, name: "private.txt", offset: 0 }] });
    const answer = await read(mine, old);
    expect(answer.lines.map((line) => line.file)).toEqual(["app.log"]);
  });
});
