/** How the bytes of a log stand for text. What has no byte order mark is taken for UTF-8. */
export type Encoding = "utf8" | "utf16le" | "utf16be";

/** Finds the encoding by the byte order mark in the first bytes of a file. */
export function encodingOf(head: Buffer): Encoding {
  if (head.length >= 2 && head[0] === 0xff && head[1] === 0xfe) return "utf16le";
  if (head.length >= 2 && head[0] === 0xfe && head[1] === 0xff) return "utf16be";
  return "utf8";
}

/** Bytes of one line end, and of the smallest unit of text. */
export function unitOf(encoding: Encoding): 1 | 2 {
  return encoding === "utf8" ? 1 : 2;
}

/**
 * Finds the first line end at or after `from`.
 * @param even whether index 0 is the first byte of a unit
 * @returns the index of its first byte, or -1
 */
export function findEnd(bytes: Buffer, from: number, encoding: Encoding, even = true): number {
  if (encoding === "utf8") return bytes.indexOf(10, from);
  const low = encoding === "utf16le" ? 0 : 1;
  const first = even ? 0 : 1;
  for (let at = bytes.indexOf(10, from + low); at !== -1; at = bytes.indexOf(10, at + 1)) {
    const start = at - low;
    if ((start - first) % 2 === 0 && bytes[low === 0 ? at + 1 : start] === 0) return start;
  }
  return -1;
}

/** Finds the last line end that starts at or before `from`, which may be negative; index 0 is the first byte of a unit. */
export function findEndBackwards(bytes: Buffer, from: number, encoding: Encoding): number {
  if (from < 0) return -1;
  if (encoding === "utf8") return bytes.lastIndexOf(10, from);
  const low = encoding === "utf16le" ? 0 : 1;
  let at = bytes.lastIndexOf(10, from + low);
  while (at >= low) {
    const start = at - low;
    if (start % 2 === 0 && bytes[low === 0 ? at + 1 : start] === 0) return start;
    if (at === 0) return -1;
    at = bytes.lastIndexOf(10, at - 1);
  }
  return -1;
}

const UTF16 = {
  utf16le: new TextDecoder("utf-16le", { ignoreBOM: true }),
  utf16be: new TextDecoder("utf-16be", { ignoreBOM: true }),
};

/**
 * The text of one line without its line end; a `\r` at the end is dropped.
 *
 * @param bytes the line without its LF; at least its first `limit` bytes
 * @param length its whole length in bytes
 * @param limit the longest text, in bytes; a character is never cut in two
 * @param first whether it is the first line of the file, where a byte order mark is dropped
 */
export function decodeLine(
  bytes: Buffer,
  length: number,
  limit: number,
  encoding: Encoding,
  first: boolean,
): { text: string; cut: boolean } {
  const unit = unitOf(encoding);
  let end = length;
  if (bytes.length >= length && endsWithReturn(bytes, length, encoding)) end -= unit;
  const cut = end > limit;
  if (cut) end = boundary(bytes, Math.min(limit, bytes.length), encoding);
  const text = encoding === "utf8" ? bytes.toString("utf8", 0, end) : UTF16[encoding].decode(bytes.subarray(0, end));
  return { text: first && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, cut };
}

function endsWithReturn(bytes: Buffer, length: number, encoding: Encoding): boolean {
  if (encoding === "utf8") return length > 0 && bytes[length - 1] === 13;
  if (length < 2) return false;
  const [low, high] = encoding === "utf16le" ? [length - 2, length - 1] : [length - 1, length - 2];
  return bytes[low] === 13 && bytes[high] === 0;
}

/** The last place at or before `end` that lies between two characters. */
function boundary(bytes: Buffer, end: number, encoding: Encoding): number {
  if (encoding !== "utf8") {
    const even = end - (end % 2);
    const high = bytes[even - (encoding === "utf16le" ? 1 : 2)];
    return high !== undefined && high >= 0xd8 && high <= 0xdb ? even - 2 : even;
  }
  // At most three bytes follow the first of a character; more of them are no UTF-8 anyway.
  for (let back = 0; back <= 3 && end - back > 0; back += 1) {
    const byte = bytes[end - back];
    if (byte === undefined) return lead(bytes, end);
    if ((byte & 0xc0) !== 0x80) return end - back;
  }
  return end;
}

/** The same at the end of the bytes at hand, where the next byte is not known: drops a character that is not whole. */
function lead(bytes: Buffer, end: number): number {
  for (let back = 1; back <= 3 && end - back >= 0; back += 1) {
    const byte = bytes[end - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return need > back ? end - back : end;
  }
  return end;
}
