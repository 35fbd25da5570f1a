import { fold, lower } from "./fold.ts";
import { kindAt, letterEnd, PAIRED, PAIRED_MARK } from "./kinds.ts";
import type { Term, WordTerms } from "./types.ts";

/** UTF-16 units of a term, terms of a word, positions that a word takes. */
const MAX_TERM = 64;
const MAX_TERMS = 40;
const MAX_SPAN = 32;

const PLAIN = /^[a-z]{2,40}$/;
const SIMPLE = /^(?:[A-Z]?[a-z]{1,39}|[A-Z]{2,40}|\d{1,40})$/;
const DIGIT = /^\d/;
const SIGN = /^(?:--?|[.@$])(?=[A-Za-z])/;
const STEPS = /[/\\:]+/;
const JOINTS = /[.,\-@&'’_$+#]+/u;
const APOSTROPHE = /['’]/u;
/** Before a capital that begins a word: `get|User`, `HTTP|Server`; but not in the plural `URLs`. */
const HUMPS = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}(?!s(?!\p{Ll}))\p{Ll})/u;
/** The same for ASCII, much faster. */
const ASCII_HUMPS = /(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?!s(?![a-z]))[a-z])/;
const ASCII = /^[\x00-\x7f]*$/;
/** No humps in it. */
const FLAT = /^(?:[a-z\d]+|[A-Z\d]+|[A-Z][a-z]+)$/;
const HEXADECIMAL = /^0x[\da-f]+$/i;
const VERSION = /^v?(?<numbers>\d+(?:\.\d+)+)(?:-(?<label>[\w.-]+))?$/i;
const THOUSANDS = /^\d{1,3}(?:[,'’_]\d{3})+(?:\.\d+)?$/;
const LETTERS = /^(?:\p{L}\p{M}*){2,40}$/u;

/**
 * The terms by which a word of a text is found: at most 40. Those of a compound are it as a whole, with and without its
 * sign, the steps of a path, and every word in them; of two letters of a script without spaces, the first and both.
 * @param word as `eachWord` cuts words
 */
export function wordTerms(word: string): WordTerms {
  // Most words.
  if (PLAIN.test(word)) return { terms: [{ term: word, at: 0, stemmable: word }], span: 1 };
  if (SIMPLE.test(word)) {
    const term = word.toLowerCase();
    return { terms: [{ term, at: 0, stemmable: DIGIT.test(term) || term.length < 2 ? undefined : term }], span: 1 };
  }
  const draft: Draft = { terms: [], span: 0 };
  if (isPaired(word)) {
    add(draft, word.slice(0, letterEnd(word, 0)), 0);
    add(draft, word, 0);
  } else addCompound(draft, word.normalize("NFC"));
  return { terms: draft.terms, span: Math.max(1, draft.span) };
}

/**
 * The terms of a word of a query: those of `wordTerms`, but of two letters of a script without spaces only both together.
 * @param tail whether the word is the last letter of a run, which the pair before it has already
 */
export function queryWordTerms(word: string, tail: boolean): readonly Term[] {
  if (tail) return [];
  if (!isPaired(word)) return wordTerms(word).terms;
  const draft: Draft = { terms: [], span: 0 };
  add(draft, word, 0);
  return draft.terms;
}

interface Draft {
  readonly terms: Term[];
  /** The position of the next part. */
  span: number;
}

function isPaired(word: string): boolean {
  const kind = kindAt(word, 0);
  return kind === PAIRED || kind === PAIRED_MARK;
}

function addCompound(draft: Draft, word: string): void {
  const body = word.replace(SIGN, "");
  if (body !== word) add(draft, word, 0);
  const steps = body.split(STEPS);
  if (steps.length > 1) add(draft, body, 0);
  for (const step of steps) if (draft.span < MAX_SPAN) addStep(draft, step);
}

function addStep(draft: Draft, step: string): void {
  if (THOUSANDS.test(step)) {
    add(draft, step, draft.span);
    add(draft, step.replaceAll(/[^\d.]/g, ""), draft.span);
    draft.span += 1;
    return;
  }
  const version = VERSION.exec(step)?.groups;
  if (version?.["numbers"] !== undefined) {
    add(draft, step, draft.span);
    add(draft, step.replace(/^v/i, ""), draft.span);
    add(draft, version["numbers"], draft.span);
    draft.span += 1;
    addParts(draft, (version["label"] ?? "").split(JOINTS));
    return;
  }
  const parts = step.split(JOINTS).filter((part) => part !== "");
  // A possessive or a contraction is no name.
  if (APOSTROPHE.test(step)) {
    addParts(draft, fullParts(parts));
    return;
  }
  const at = draft.span;
  if (parts[0] !== step) add(draft, step, at);
  addParts(draft, parts);
  // Such as `__`.
  if (draft.span === at) draft.span += 1;
}

/** Without the s of "server's" and the l of "l'école", but never without all. */
function fullParts(parts: readonly string[]): readonly string[] {
  const full = parts.filter((part) => part.length > 2);
  return full.length > 0 ? full : parts.slice(0, 1);
}

function addParts(draft: Draft, parts: readonly string[]): void {
  for (const part of parts) {
    if (draft.span >= MAX_SPAN) return;
    const humps = humpsOf(part);
    if (humps.length > 1) add(draft, part, draft.span, stemmable(part));
    for (const hump of humps) {
      if (draft.span < MAX_SPAN && add(draft, hump, draft.span, stemmable(hump))) draft.span += 1;
    }
  }
}

function humpsOf(part: string): readonly string[] {
  if (FLAT.test(part) || HEXADECIMAL.test(part)) return [part];
  return part.split(ASCII.test(part) ? ASCII_HUMPS : HUMPS);
}

/** Whether there is such a term now. */
function add(draft: Draft, text: string, at: number, stem?: string): boolean {
  const term = cut(fold(text));
  if (term === "") return false;
  if (draft.terms.some((other) => other.at === at && other.term === term)) return true;
  if (draft.terms.length >= MAX_TERMS) return false;
  draft.terms.push({ term, at, stemmable: stem });
  return true;
}

function stemmable(part: string): string | undefined {
  const text = lower(part);
  if (PLAIN.test(text)) return text;
  return !ASCII.test(text) && LETTERS.test(text) ? text : undefined;
}

function cut(term: string): string {
  if (term.length <= MAX_TERM) return term;
  const half = /[\ud800-\udbff]/.test(term.charAt(MAX_TERM - 1));
  return term.slice(0, half ? MAX_TERM - 1 : MAX_TERM);
}
