import { createHash } from "node:crypto";

/** A cursor that does not lead on. The message says why and what to do, for a model to read. */
export class CursorError extends Error {
  override readonly name = "CursorError";
  /** `invalid`: not one of ours; `foreign`: for another query; `stale`: the documents have changed. */
  readonly code: "invalid" | "foreign" | "stale";

  constructor(code: "invalid" | "foreign" | "stale", message: string) {
    super(message);
    this.code = code;
  }
}

const VERSION = 1;
const LENGTH = 1 + 4 + 8 + 8 + 6;

/**
 * Makes an opaque cursor: where the next page begins, in the results of this query over this state of the index. It
 * holds no secret and needs no memory on the server.
 * @param offset from 0 to 2^32-1
 * @param generation 16 hexadecimal digits that change with the documents
 */
export function encodeCursor(query: string, generation: string, offset: number): string {
  const head = Buffer.alloc(5);
  head.writeUInt8(VERSION, 0);
  head.writeUInt32BE(offset, 1);
  const body = Buffer.concat([head, Buffer.from(generation, "hex"), digest(query).subarray(0, 8)]);
  return Buffer.concat([body, digest(body).subarray(0, 6)]).toString("base64url");
}

/**
 * Where the page of `cursor` begins.
 * @throws CursorError
 */
export function decodeCursor(cursor: string, query: string, generation: string): number {
  const bytes = Buffer.from(cursor, "base64url");
  const body = bytes.subarray(0, -6);
  // Comparing the words too: decoding skips over signs that do not belong into base64url.
  const whole =
    bytes.length === LENGTH &&
    bytes.toString("base64url") === cursor &&
    digest(body).subarray(0, 6).equals(bytes.subarray(-6));
  if (!whole || body[0] !== VERSION) {
    throw new CursorError(
      "invalid",
      "This cursor is not valid. Pass a `next_cursor` of an earlier result exactly as it was, or leave `cursor` out to start at the first page.",
    );
  }
  if (!digest(query).subarray(0, 8).equals(body.subarray(13))) {
    throw new CursorError(
      "foreign",
      "This cursor belongs to another query. Repeat the query that it came from, or leave `cursor` out to start at the first page.",
    );
  }
  if (body.subarray(5, 13).toString("hex") !== generation) {
    throw new CursorError(
      "stale",
      "The documents have changed since this cursor was made, so its pages no longer fit together. Repeat the query without `cursor` to start again at the first page.",
    );
  }
  return body.readUInt32BE(1);
}

function digest(data: string | Buffer): Buffer {
  return createHash("sha256").update(data).digest();
}
