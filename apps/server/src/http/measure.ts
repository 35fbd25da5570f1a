const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const SPACE = 0x20;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** How much JSON text holds: members and elements of all its objects and arrays, and how deeply they are nested. */
export interface Measured {
  readonly values: number;
  readonly depth: number;
}

/**
 * Measures JSON text in UTF-8 before it is parsed, in one pass and without recursion, so that a few megabytes of brackets
 * cost no more than other bytes do. It stops at the first bound that is passed. Text that is not JSON gets some measure: the
 * parser refuses it.
 */
export function measure(
  text: Uint8Array,
  { maxBodyValues, maxBodyDepth }: { readonly maxBodyValues: number; readonly maxBodyDepth: number },
): Measured {
  let values = 0;
  let level = 0;
  let depth = 0;
  /** An object or array has begun, and nothing of it has been seen. */
  let empty = false;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] as number;
    // White space is space and control characters.
    if (byte <= SPACE) continue;
    if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      level--;
      empty = false;
      continue;
    }
    if (empty || byte === COMMA) {
      values++;
      empty = false;
    }
    if (byte === QUOTE) {
      at = endOfString(text, at);
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      level++;
      if (level > depth) depth = level;
      empty = true;
    }
    if (values > maxBodyValues || depth > maxBodyDepth) break;
  }
  return { values, depth };
}

/** Where the string ends that begins at `start`. */
function endOfString(text: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return at;
}
