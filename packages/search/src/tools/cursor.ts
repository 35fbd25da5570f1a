import { createHash } from "node:crypto";

/** A cursor that does not lead on. The message says why and what to do, for a model to read. */
export class CursorError extends Error {
  override readonly name = "CursorError";
  /** `invalid`: not one of ours; `foreign`: for another request; `stale`: the documents have changed. */
  readonly code: "invalid" | "foreign" | "stale";

  constructor(code: "invalid" | "foreign" | "stale", message: string) {
    super(message);
    this.code = code;
  }
}

/** Where a cursor leads. */
export interface Place {
  /** From 0. */
  readonly offset: number;
  /** 16 hexadecimal digits: the state of the documents for which the offset was counted. */
  readonly generation: string;
}

const VERSION = 2;
const LENGTH = 1 + 4 + 8 + 8 + 6;

/**
 * Makes an opaque cursor: where the next page begins, in the answer to this request over this state of the documents. It
 * holds no secret and needs no memory on the server.
 * @param request what the answer depends on
 * @param place its offset from 0 to 2^32-1
 */
export function encodeCursor(request: string, { offset, generation }: Place): string {
  const head = Buffer.alloc(5);
  head.writeUInt8(VERSION, 0);
  head.writeUInt32BE(offset, 1);
  const body = Buffer.concat([head, Buffer.from(generation, "hex"), digest(request).subarray(0, 8)]);
  return Buffer.concat([body, digest(body).subarray(0, 6)]).toString("base64url");
}

/**
 * Where `cursor` leads, whether or not the documents are still the same.
 * @throws CursorError
 */
export function decodeCursor(cursor: string, request: string): Place {
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
  if (!digest(request).subarray(0, 8).equals(body.subarray(13))) {
    throw new CursorError(
      "foreign",
      "This cursor belongs to another request. Repeat the one that it came from, with the same query and filters, or leave `cursor` out to start at the first page.",
    );
  }
  return { offset: body.readUInt32BE(1), generation: body.subarray(5, 13).toString("hex") };
}

/** What is thrown where a cursor's documents are no longer what they were. */
export function staleCursor(): CursorError {
  return new CursorError(
    "stale",
    "The documents have changed since this cursor was made, so its pages no longer fit together. Repeat the request without `cursor` to start again at the first page.",
  );
}

function digest(data: string | Buffer): Buffer {
  return createHash("sha256").update(data).digest();
}
