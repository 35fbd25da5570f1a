import { createHash } from "node:crypto";
import { ToolError } from "@plugboard/core";
import { comparable } from "./compare.ts";
import type { Entry } from "./slots.ts";

/**
 * Where a batch stopped: which of these calls have finished. Carries no state of the server, and opens nothing. Null where
 * the calls cannot be told from others, since their arguments are nested too deep.
 */
export function encodeResume(entries: readonly Entry[], finished: readonly number[]): string | null {
  const print = fingerprint(entries);
  if (print === undefined) return null;
  const bits = new Uint8Array(Math.ceil(entries.length / 8));
  for (const index of finished) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  return `${print}.${Buffer.from(bits).toString("base64url")}`;
}

/** @throws ToolError when it is none, or one of other calls. */
export function decodeResume(cursor: string, entries: readonly Entry[]): ReadonlySet<number> {
  const [print, data, ...rest] = cursor.split(".");
  const bits = Buffer.from(data ?? "", "base64url");
  if (data === undefined || rest.length > 0 || !/^[\w-]{22}$/.test(print ?? "")) {
    throw new ToolError(
      "`resume` is not a cursor of a batch. Pass the one that the batch returned, or leave it out to run all calls.",
    );
  }
  if (print !== fingerprint(entries) || bits.length !== Math.ceil(entries.length / 8)) {
    throw new ToolError(
      "`resume` belongs to other calls. Repeat `calls` exactly as before, or leave `resume` out to run all of these.",
    );
  }
  return new Set([...entries.keys()].filter((index) => isSet(bits, index)));
}

const isSet = (bits: Buffer, index: number): boolean => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;

function fingerprint(entries: readonly Entry[]): string | undefined {
  const plain = entries.map(({ tool, arguments: args = {}, id }) => ({ tool, args, id }));
  const text = comparable(plain);
  return text === undefined ? undefined : createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
