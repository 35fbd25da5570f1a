import { fold, stem } from "./fold.ts";
import { STOP_WORDS } from "./stopwords.ts";

/** A word of a text with the terms that it is found by. Offsets are UTF-16 positions in the text. */
export interface Word {
  readonly start: number;
  readonly end: number;
  readonly terms: readonly string[];
}

/** Scripts that are written without spaces, or whose words change too much to be matched whole: cut into pairs. */
const PAIRED = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\u3005-\u3007\u30fc\uff70`;
const LETTER = String.raw`[[\p{L}\p{N}_]--[${PAIRED}]]`;
const REST = String.raw`[[\p{L}\p{M}\p{N}_\u00ad\u200c\u200d]--[${PAIRED}]]`;

/**
 * A run of a paired script; or a compound: an optional sign (`--flag`, `.net`, `@scope`), words joined by one or two
 * signs (`snake_case`, `a/b.ts`, `std::map`, `v1.2.3`), an optional `++` or `#`; or a pictograph.
 */
const pattern = (letter: string, rest: string): string =>
  String.raw`(?:(?<![\w.\-$@])(?:--?|[.@$])(?=[A-Za-z]))?${letter}${rest}*(?:[.\-\/\\:@&'’]{1,2}${letter}${rest}*)*(?:\+\+|#)?`;
// The `v` flag is newer than the syntax that the compiler accepts in literals.
const ANY = new RegExp(
  String.raw`(?<paired>[${PAIRED}][${PAIRED}\p{M}]*)|${pattern(LETTER, REST)}|\p{Extended_Pictographic}`,
  "gv",
);
const PLAIN = new RegExp(pattern(String.raw`\w`, String.raw`\w`), "g");
const ASCII = /^[\x00-\x7f]*$/;

const SIGN = /^(?:--?|[.@$])(?=[A-Za-z])/;
const STEPS = /[/\\:]+/;
const JOINTS = /[.\-@&'’_$+#]+/u;
const HUMPS = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
const VERSION = /^v?\d+(?:\.\d+)+$/;
const MAX_TERM = 64;
const MAX_PARTS = 32;

/** The words of a text with the terms under which it is found, in order. */
export function* words(text: string): Generator<Word, void, undefined> {
  for (const match of text.matchAll(ASCII.test(text) ? PLAIN : ANY)) {
    if (match.groups?.["paired"] !== undefined) yield* pairs(match[0], match.index, true);
    else yield { start: match.index, end: match.index + match[0].length, terms: compoundTerms(match[0]) };
  }
}

/** All terms of a text, with repetitions. */
export function textTerms(text: string): string[] {
  const terms: string[] = [];
  for (const word of words(text)) for (const term of word.terms) terms.push(term);
  return terms;
}

/** What is looked for. */
export interface Query {
  /** Distinct terms, at most as many as allowed, with how often each occurs. */
  readonly terms: ReadonlyMap<string, number>;
  /** Whether terms were left out because of that bound. */
  readonly cut: boolean;
}

/**
 * The terms of a query. Nothing in it is syntax. English stop words count only where there is nothing else, and pairs of
 * letters stand for the single letters of scripts without spaces.
 */
export function queryTerms(query: string, maxTerms: number): Query {
  const telling = new Map<string, number>();
  const idle = new Map<string, number>();
  for (const match of query.matchAll(ASCII.test(query) ? PLAIN : ANY)) {
    const target = STOP_WORDS.has(fold(match[0])) ? idle : telling;
    const paired = match.groups?.["paired"] !== undefined;
    const terms = paired
      ? [...pairs(match[0], match.index, false)].flatMap((word) => word.terms)
      : compoundTerms(match[0]);
    for (const term of terms) target.set(term, (target.get(term) ?? 0) + 1);
  }
  const terms = [...(telling.size > 0 ? telling : idle)];
  return { terms: new Map(terms.slice(0, maxTerms)), cut: terms.length > maxTerms };
}

const MAX_KNOWN = 100_000;
const MAX_KNOWN_CHARS = 40;
const known = new Map<string, readonly string[]>();

/** The terms of a compound. Texts repeat their words, so most come from memory. */
function compoundTerms(raw: string): readonly string[] {
  if (raw.length > MAX_KNOWN_CHARS) return [...termsOf(raw)];
  let terms = known.get(raw);
  if (terms === undefined) {
    if (known.size >= MAX_KNOWN) known.clear();
    terms = [...termsOf(raw)];
    known.set(raw, terms);
  }
  return terms;
}

/** A compound as it is, with and without its sign; the steps of a path; and every word in them. */
function termsOf(raw: string): Iterable<string> {
  const terms = new Set<string>();
  const body = raw.replace(SIGN, "");
  if (body !== raw) terms.add(exact(raw));
  const steps = body.split(STEPS);
  if (steps.length > 1) terms.add(exact(body));
  for (const step of steps.slice(0, MAX_PARTS)) addStep(step, terms);
  terms.delete("");
  return terms;
}

function addStep(step: string, terms: Set<string>): void {
  const folded = exact(step);
  if (VERSION.test(folded)) {
    terms.add(folded).add(folded.replace(/^v/, ""));
    return;
  }
  const apostrophe = /['’]/u.test(step);
  const parts = step.split(JOINTS).filter((part) => part !== "");
  // A possessive or a contraction is no name.
  if ((parts.length !== 1 || parts[0] !== step) && !apostrophe) terms.add(folded);
  for (const part of parts.slice(0, MAX_PARTS)) {
    // The s of "server's", the l of "l'école".
    if (apostrophe && part.length <= 2 && parts.length > 1) continue;
    terms.add(stem(exact(part)));
    const humps = part.split(HUMPS);
    if (humps.length > 1) for (const hump of humps.slice(0, MAX_PARTS)) terms.add(stem(exact(hump)));
  }
}

function exact(part: string): string {
  return fold(part).slice(0, MAX_TERM);
}

/** A run of letters as overlapping pairs, for indexing with the single letters too. */
function* pairs(run: string, start: number, singles: boolean): Generator<Word, void, undefined> {
  const folded = fold(run);
  // Offsets are exact where folding keeps the length, which it nearly always does.
  const exact = folded.length === run.length;
  const letters = [...folded];
  let at = 0;
  for (const [index, letter] of letters.entries()) {
    const next = letters[index + 1];
    const terms: string[] = [];
    if (singles || letters.length === 1) terms.push(letter);
    if (next !== undefined) terms.push(letter + next);
    const end = at + letter.length + (next?.length ?? 0);
    if (terms.length > 0)
      yield { start: exact ? start + at : start, end: exact ? start + end : start + run.length, terms };
    at += letter.length;
  }
}
