import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { ToolError } from "@plugboard/core";
import type { Resume } from "../find.ts";

const VERSION = "ls1";
const MAX = 4_000;
const SUM = 6;

/**
 * The cursor of a search: all that is needed to go on, also in another process.
 * @param key what tells this search from others
 * @returns undefined where it would be longer than 4,000 characters: too many logs
 */
export function encodeResume(key: string, next: ReadonlyMap<string, Resume>): string | undefined {
  const rows = [...next].map(([label, at]) =>
    typeof at === "string"
      ? [label, at === "start" ? 0 : 1]
      : [label, at.place.slice(label.length + 1), at.given ? 1 : 0],
  );
  const body = deflateRawSync(JSON.stringify([digest(key).toString("base64url", 0, SUM), ...rows]));
  const cursor = `${VERSION}.${Buffer.concat([digest(body).subarray(0, SUM), body]).toString("base64url")}`;
  return cursor.length <= MAX ? cursor : undefined;
}

/** Where a cursor says to go on. It is input like any other. @throws ToolError */
export function decodeResume(key: string, cursor: string): Map<string, Resume> {
  const bad = new ToolError(
    "`cursor` is not the next_cursor of a search, or was changed. Repeat the search without it.",
  );
  if (!cursor.startsWith(`${VERSION}.`) || cursor.length > MAX) throw bad;
  const text = cursor.slice(VERSION.length + 1);
  const bytes = Buffer.from(text, "base64url");
  const body = bytes.subarray(SUM);
  if (bytes.toString("base64url") !== text) throw bad;
  if (!digest(body).subarray(0, SUM).equals(bytes.subarray(0, SUM))) throw bad;
  let rows: unknown;
  try {
    rows = JSON.parse(inflateRawSync(body, { maxOutputLength: 1_000_000 }).toString());
  } catch {
    throw bad;
  }
  if (!Array.isArray(rows)) throw bad;
  const [owner, ...entries] = rows as unknown[];
  if (owner !== digest(key).toString("base64url", 0, SUM))
    throw new ToolError(
      "`cursor` belongs to another search: repeat source, text, pattern, level, since and until as they were.",
    );
  return new Map(
    entries.map((entry): [string, Resume] => {
      const [label, at, given] = Array.isArray(entry) ? (entry as unknown[]) : [];
      if (typeof label !== "string") throw bad;
      if (typeof at === "number") return [label, at === 0 ? "start" : "end"];
      if (typeof at !== "string") throw bad;
      return [label, { place: `${label}:${at}`, given: given === 1 }];
    }),
  );
}

function digest(value: string | Buffer): Buffer {
  return createHash("sha256").update(value).digest();
}
