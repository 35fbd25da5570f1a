/** What a variable part of a message is; `*` is what differs between the lines of a template in no known way. */
export type Slot = "<num>" | "<id>" | "<ip>" | "<time>" | "<path>" | "<str>" | "<*>";

/** A message taken apart: `separators[0] words[0] separators[1] words[1] … separators[words.length]`. */
export interface Tokens {
  readonly words: readonly string[];
  readonly separators: readonly string[];
}

/** UTF-16 units of a message that count; what follows does not tell messages apart. */
const MAX_LENGTH = 2000;
const MAX_WORDS = 128;

const WORD = 1;
const DIGIT = 2;
/** 0 for what separates words; letters, and `_ - . : / \ @` and all beyond ASCII, are part of one. */
const CLASS = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code);
  if (/[A-Za-z_\-./:\\@]/.test(character)) CLASS[code] = WORD;
  if (/[0-9]/.test(character)) CLASS[code] = DIGIT;
}

/**
 * Reads messages into words, where each word that looks variable is a slot: with a digit in it (numbers, ids, addresses,
 * times), between quotes, or an absolute path. `key` tells messages of one shape from those of another.
 */
export class Tokenizer {
  /** Of the last message: equal for equal shapes, and for different ones with a chance of 1 in 2^52. */
  key = 0;

  /**
   * Computes `key` alone.
   * @param kind a small number: messages of different kinds have different keys
   */
  scan(message: string, kind = 0): number {
    this.#read(message, kind, undefined, undefined);
    return this.key;
  }

  /** The words of the message. */
  tokens(message: string): Tokens {
    const words: string[] = [];
    const separators: string[] = [];
    this.#read(message, 0, words, separators);
    return { words, separators };
  }

  #read(message: string, kind: number, words: string[] | undefined, separators: string[] | undefined): void {
    const length = message.length > MAX_LENGTH ? MAX_LENGTH : message.length;
    let high = 0x1b873593 + kind;
    let low = 0x2c1b3c6d;
    let count = 0;
    let at = 0;
    let gap = 0;
    // Where a search for a closing quote found none, so that none is searched for again.
    let noDouble = false;
    let noSingle = false;
    while (at < length && count < MAX_WORDS) {
      const code = message.charCodeAt(at);
      if (code === 34 || (code === 39 && (at === 0 || message.charCodeAt(at - 1) <= 64))) {
        const none = code === 34 ? noDouble : noSingle;
        const close = none ? -1 : message.indexOf(code === 34 ? '"' : "'", at + 1);
        if (close < 0) {
          if (code === 34) noDouble = true;
          else noSingle = true;
        } else if (close < length && message.charCodeAt(close + 1) !== 58 && !isPart(message.charCodeAt(close + 1))) {
          if (words !== undefined) {
            words.push("<str>");
            separators?.push(blank(message.slice(gap, at + 1)));
          }
          high = Math.imul(high ^ 0x5100 ^ code, 0x85ebca6b);
          low = Math.imul(low ^ 0x5200 ^ code, 0xc2b2ae35);
          count++;
          gap = close;
          at = close + 1;
          continue;
        }
      }
      if (code < 128 && (CLASS[code] === 0 || (isTrailing(code) && !startsWord(message, at)))) {
        const shown = code > 32 ? code : 32;
        if (shown > 32 || at === gap || message.charCodeAt(at - 1) > 32) {
          high = Math.imul(high ^ shown, 0x01000193);
          low = Math.imul(low ^ shown, 0x5bd1e995);
        }
        at++;
        continue;
      }
      const start = at;
      let digit = false;
      let slashes = 0;
      for (; at < length; at++) {
        const unit = message.charCodeAt(at);
        if (unit >= 128) continue;
        const type = CLASS[unit];
        if (type === 0) break;
        if (type === DIGIT) digit = true;
        else if (unit === 47) slashes++;
      }
      let end = at;
      while (end > start && isTrailing(message.charCodeAt(end - 1))) end--;
      const slot = digit || slashes > 1 ? slotOf(message, start, end, digit, slashes) : undefined;
      const kept = slot === undefined ? end : start + prefixLength(message, start, end, slot);
      for (let index = start; index < kept; index++) {
        const unit = message.charCodeAt(index);
        high = Math.imul(high ^ unit, 0x01000193);
        low = Math.imul(low ^ unit, 0x5bd1e995) + 1;
      }
      const mark = slot === undefined ? 0x20 : 0x100 + slot.charCodeAt(2);
      high = Math.imul(high ^ (high >>> 15) ^ mark, 0x85ebca6b);
      low = Math.imul(low ^ (low >>> 13) ^ mark, 0xc2b2ae35);
      count++;
      if (words !== undefined) {
        words.push(slot === undefined ? message.slice(start, end) : message.slice(start, kept) + slot);
        separators?.push(blank(message.slice(gap, start)));
      }
      gap = end;
      at = end;
    }
    // Words beyond the bound are no part of the shape.
    separators?.push(at < message.length ? "…" : blank(message.slice(gap)));
    this.key = ((high ^ (high >>> 16)) >>> 0) * 0x100000 + ((low ^ (low >>> 15)) & 0xfffff);
  }
}

/** White space counts as one space. */
function blank(separator: string): string {
  return separator === " " || separator === "" ? separator : separator.replace(/[\0- ]+/g, " ");
}

function isPart(code: number): boolean {
  return code >= 128 || CLASS[code] === DIGIT || (code >= 65 && CLASS[code] === WORD);
}

/** Whether the mark at `at` belongs to the word after it: the sign of a number, or the dot of `./path`. */
function startsWord(text: string, at: number): boolean {
  const next = text.charCodeAt(at + 1);
  const code = text.charCodeAt(at);
  return (code === 45 && isDigit(next)) || (code === 46 && next === 47);
}

/** `. : - @ \` end no word, and as a rule start none. */
function isTrailing(code: number): boolean {
  return code === 46 || code === 58 || code === 45 || code === 64 || code === 92;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isHex(code: number): boolean {
  return isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** The slot for a word with a digit or slashes in it; undefined for one that is no variable. */
function slotOf(text: string, start: number, end: number, digit: boolean, slashes: number): Slot | undefined {
  const first = text.charCodeAt(start);
  if (slashes > 0) {
    if (first === 47 || first === 46 || slashes > 1) return "<path>";
    if (!digit) return undefined;
  }
  let dots = 0;
  let colons = 0;
  let dashes = 0;
  let others = 0;
  let hex = true;
  let at = start;
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) continue;
    if (code === 46) dots++;
    else if (code === 58) colons++;
    else if (code === 45) dashes++;
    else {
      others++;
      if (!isHex(code)) hex = false;
    }
  }
  if (others === 0) {
    if (dots === 3 && colons <= 1 && dashes === 0) return "<ip>";
    if (colons === 2 || (colons === 1 && dashes === 0 && end - start === 5)) return "<time>";
    if (dashes === 2 && dots === 0 && colons === 0 && end - start === 10 && first !== 45) return "<time>";
    return dots <= 1 && colons === 0 && dashes === (first === 45 ? 1 : 0) ? "<num>" : "<id>";
  }
  if (colons > 1 && hex && dashes === 0) return "<ip>";
  if (isDigit(first)) {
    if (colons >= 1 && dashes >= 2) return "<time>";
    if (others <= 3 && dashes + colons === 0 && dots <= 1 && !isDigit(text.charCodeAt(end - 1))) return "<num>";
  }
  return "<id>";
}

/** How much of a word of letters, a mark, and an id stays: `worker-12` is `worker-<id>`. */
function prefixLength(text: string, start: number, end: number, slot: Slot): number {
  if (slot !== "<id>") return 0;
  let at = start;
  while (at < end && isLetter(text.charCodeAt(at))) at++;
  const mark = text.charCodeAt(at);
  if (at - start < 2 || (mark !== 45 && mark !== 95 && mark !== 58)) return 0;
  for (let index = start; index < at; index++) if (!isHex(text.charCodeAt(index))) return at - start + 1;
  return 0;
}

/** The template in one text. */
export function joinTokens({ words, separators }: Tokens): string {
  let text = separators[0] ?? "";
  for (let at = 0; at < words.length; at++) text += (words[at] ?? "") + (separators[at + 1] ?? "");
  return text.trim();
}
