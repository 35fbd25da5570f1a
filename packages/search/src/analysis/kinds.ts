/** What a character is to the scanner of words. */
export type Kind = number;

/** White space, signs, and all else that is part of no word. */
export const OTHER: Kind = 1;
/** A letter, a number or `_`, of a script that is written with spaces. */
export const LETTER: Kind = 2;
/** An accent or the like, of no script in particular. */
export const MARK: Kind = 3;
/** A soft hyphen or a joiner: inside words only. */
export const JOINER: Kind = 4;
/** A letter of a script that is written without spaces, or whose words change too much to be matched whole. */
export const PAIRED: Kind = 5;
/** What belongs to the letter of such a script before it: Thai vowels above it, voicing marks, the rest of a Hangul syllable. */
export const PAIRED_MARK: Kind = 6;
/** A pictograph, which is a word by itself. */
export const PICTOGRAPH: Kind = 7;
/** Not looked at yet. */
const UNKNOWN: Kind = 0;
/** Half of a code point. */
const SURROGATE: Kind = 8;

const SCRIPTS = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}`;
const PAIRED_PATTERN = new RegExp(String.raw`[${SCRIPTS}\u3005-\u3007\u30fc\uff70\uff9e\uff9f]`, "u");
const PAIRED_MARK_PATTERN = /[\p{M}\u1160-\u11ff\ud7b0-\ud7ff\uff9e\uff9f]/u;

/** Kinds of UTF-16 units, as far as they have been met. */
const known = new Uint8Array(0x1_00_00);

/** The kind of the UTF-16 unit at a position of a text, or of the code point that begins there; `OTHER` behind its end. */
export function kindAt(text: string, at: number): Kind {
  if (at >= text.length) return OTHER;
  const unit = text.charCodeAt(at);
  let kind = known[unit] ?? UNKNOWN;
  if (kind === UNKNOWN) known[unit] = kind = unitKind(unit);
  return kind === SURROGATE ? pairKind(text, at) : kind;
}

/** Whether an ASCII unit is a letter, a digit or `_`. */
const ASCII_LETTERS = Uint8Array.from({ length: 0x80 }, (_, unit) => Number(/\w/.test(String.fromCharCode(unit))));

/** Where the ASCII letters, digits and `_` end that begin at a position: the same as by `kindAt`, only faster. */
export function asciiEnd(text: string, at: number, limit: number): number {
  let end = at;
  for (; end < limit; end += 1) {
    const unit = text.charCodeAt(end);
    if (unit >= 0x80 || ASCII_LETTERS[unit] !== 1) break;
  }
  return end;
}

/** How many UTF-16 units the code point at a position takes. */
export function sizeAt(text: string, at: number): 1 | 2 {
  const unit = text.charCodeAt(at);
  if (unit < 0xd8_00 || unit > 0xdb_ff) return 1;
  const next = text.charCodeAt(at + 1);
  return next >= 0xdc_00 && next <= 0xdf_ff ? 2 : 1;
}

/** A letter is at most this many marks long, so that no text makes one without end. */
const MAX_MARKS = 16;

/** Where the letter of a paired script at a position ends, with the marks that belong to it. */
export function letterEnd(text: string, at: number): number {
  let end = at + sizeAt(text, at);
  for (let marks = 0; marks < MAX_MARKS; marks += 1) {
    const kind = kindAt(text, end);
    if (kind !== MARK && kind !== PAIRED_MARK) break;
    end += sizeAt(text, end);
  }
  return end;
}

function unitKind(unit: number): Kind {
  if (unit >= 0xd8_00 && unit <= 0xdf_ff) return SURROGATE;
  return kindOf(String.fromCharCode(unit));
}

function pairKind(text: string, at: number): Kind {
  return sizeAt(text, at) === 2 ? kindOf(text.slice(at, at + 2)) : OTHER;
}

function kindOf(character: string): Kind {
  if (PAIRED_PATTERN.test(character)) return PAIRED_MARK_PATTERN.test(character) ? PAIRED_MARK : PAIRED;
  if (/[\p{L}\p{N}_]/u.test(character)) return LETTER;
  if (/\p{M}/u.test(character)) return MARK;
  if (/[\u00ad\u200c\u200d]/.test(character)) return JOINER;
  return /\p{Extended_Pictographic}/u.test(character) ? PICTOGRAPH : OTHER;
}
