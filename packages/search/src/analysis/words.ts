import { asciiEnd, JOINER, kindAt, LETTER, letterEnd, PAIRED, PAIRED_MARK, PICTOGRAPH, sizeAt } from "./kinds.ts";

export { queryWordTerms, wordTerms } from "./terms.ts";

/** Hears of a word: its UTF-16 positions, and whether it is the last letter of a run that came with the one before it already. */
export type WordVisitor = (start: number, end: number, tail: boolean) => void;

/** Longer words are cut here: nobody looks for them, and data in a text must not cost more than the text. UTF-16 units. */
const MAX_WORD = 1_000;

/**
 * Visits the words of a text in order. A word is a compound: an optional sign (`--flag`, `.net`, `@scope`), words joined
 * by one or two signs (`a/b.ts`, `std::map`, `v1.2.3`, `10,000`), an optional `++` or `#`; or a pictograph; or, of a script
 * without spaces, a letter with the one that follows it. The last letter of such a run comes alone: as a tail, if it is
 * not the only one. Takes time in proportion to the text; words are cut after 1,000 UTF-16 units.
 */
export function eachWord(text: string, visit: WordVisitor): void {
  const { length } = text;
  let at = 0;
  while (at < length) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) {
      if (CLASSES[unit] !== WORD) {
        at += 1;
        continue;
      }
      const limit = Math.min(length, at + MAX_WORD + 1);
      let end = at + 1;
      while (end < limit && CLASSES[text.charCodeAt(end)] === WORD) end += 1;
      // Most words of most texts end here; what may go on is looked at with care.
      const start = at > 0 && CLASSES[text.charCodeAt(at - 1)] === JOINS ? signStart(text, at) : at;
      at = endsAt(text, end) && end - at <= MAX_WORD ? end : compoundEnd(text, at);
      visit(start, at, false);
      continue;
    }
    const kind = kindAt(text, at);
    if (kind === LETTER) {
      const start = at;
      at = compoundEnd(text, at);
      visit(start, at, false);
    } else if (kind === PAIRED || kind === PAIRED_MARK) {
      at = visitRun(text, at, visit);
    } else if (kind === PICTOGRAPH) {
      const start = at;
      at += sizeAt(text, at);
      visit(start, at, false);
    } else at += 1;
  }
}

/** ASCII units by what they are to a word; all others are neither. */
const WORD = 1;
const JOINS = 2;
const ENDS = 3;
const CLASSES = Uint8Array.from({ length: 0x80 }, (_, unit) => {
  const character = String.fromCharCode(unit);
  return /\w/.test(character) ? WORD : /[-./\\:@&',+#$]/.test(character) ? JOINS : ENDS;
});

/** Whether a word ends here for sure: before white space and most signs, and before a sign with such behind it. */
function endsAt(text: string, at: number): boolean {
  if (at >= text.length) return true;
  const unit = text.charCodeAt(at);
  const kind = CLASSES[unit];
  if (kind === ENDS) return true;
  return kind === JOINS && unit !== PLUS && unit !== NUMBER_SIGN && CLASSES[text.charCodeAt(at + 1)] === ENDS;
}

/** A run of letters, each with the next. */
function visitRun(text: string, start: number, visit: WordVisitor): number {
  let letter = start;
  let next = letterEnd(text, letter);
  while (isPaired(text, next)) {
    const end = letterEnd(text, next);
    visit(letter, end, false);
    letter = next;
    next = end;
  }
  visit(letter, next, letter > start);
  return next;
}

function isPaired(text: string, at: number): boolean {
  const kind = kindAt(text, at);
  return kind === PAIRED || kind === PAIRED_MARK;
}

/** Where the compound ends whose first letter is here. */
function compoundEnd(text: string, start: number): number {
  const limit = Math.min(text.length, start + MAX_WORD);
  let at = start;
  for (;;) {
    at = lettersEnd(text, at, limit);
    if (at >= limit) return at;
    const next = afterJoint(text, at);
    if (next === at || next >= limit) break;
    at = next;
  }
  const unit = text.charCodeAt(at);
  if (unit === NUMBER_SIGN) return at + 1;
  return unit === PLUS && text.charCodeAt(at + 1) === PLUS ? at + 2 : at;
}

/** Where the letters end that begin here, with what goes on them. */
function lettersEnd(text: string, start: number, limit: number): number {
  let at = start;
  for (;;) {
    at = asciiEnd(text, at, limit);
    if (at >= limit || text.charCodeAt(at) < 0x80) return at;
    const kind = kindAt(text, at);
    if (kind < LETTER || kind > JOINER) return at;
    at += sizeAt(text, at);
  }
}

const SPACE = 0x20;
const NUMBER_SIGN = 0x23;
const DOLLAR = 0x24;
const PLUS = 0x2b;
const COMMA = 0x2c;
const HYPHEN = 0x2d;
const DOT = 0x2e;
const AT = 0x40;
/** What joins words, `.-/\:@&'’`; one or two of them. */
const JOINTS: ReadonlySet<number> = new Set([HYPHEN, DOT, AT, 0x2f, 0x5c, 0x3a, 0x26, 0x27, 0x20_19]);

/** Where the letter is that is joined to the one before this position; the position itself if there is none. */
function afterJoint(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit === SPACE) return at;
  if (unit === COMMA) return isThousands(text, at) ? at + 1 : at;
  if (!JOINTS.has(unit)) return at;
  if (kindAt(text, at + 1) === LETTER) return at + 1;
  return JOINTS.has(text.charCodeAt(at + 1)) && kindAt(text, at + 2) === LETTER ? at + 2 : at;
}

/** Whether the comma here is one of `1,000,000`. */
function isThousands(text: string, comma: number): boolean {
  if (!isDigit(text.charCodeAt(comma - 1))) return false;
  for (let digit = 1; digit <= 3; digit += 1) if (!isDigit(text.charCodeAt(comma + digit))) return false;
  return kindAt(text, comma + 4) !== LETTER;
}

/** Where the sign of the compound begins whose first letter is here: `--flag`, `-v`, `.net`, `@scope`, `$HOME`. */
function signStart(text: string, letter: number): number {
  if (letter === 0 || !isAsciiLetter(text.charCodeAt(letter))) return letter;
  const sign = text.charCodeAt(letter - 1);
  let start = letter - 1;
  if (sign === HYPHEN) {
    if (text.charCodeAt(letter - 2) === HYPHEN) start = letter - 2;
  } else if (sign !== DOT && sign !== AT && sign !== DOLLAR) return letter;
  if (start === 0) return start;
  const before = text.charCodeAt(start - 1);
  const taken = isAsciiLetter(before) || isDigit(before) || SIGNS.has(before);
  return taken ? letter : start;
}

/** What no sign follows: `_` and signs. */
const SIGNS: ReadonlySet<number> = new Set([0x5f, HYPHEN, DOT, AT, DOLLAR]);

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function isAsciiLetter(unit: number): boolean {
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
