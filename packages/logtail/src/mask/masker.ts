import { RE2JS } from "re2js";
import { hinted } from "./hints.ts";
import { maskKeyBlocks, maskKeyLines, overKeys } from "./keys.ts";
import { MASKED } from "./masked.ts";
import { maskPairs } from "./pairs.ts";
import { maskHeaders, maskTokens } from "./tokens.ts";

/** Finds what is to be masked in a text: ranges of UTF-16 indices, start before end. */
export type SecretMatcher = (text: string) => readonly (readonly [start: number, end: number])[];

export interface MaskOptions {
  /** Further secrets, beside the known ones. */
  readonly patterns?: readonly SecretMatcher[];
  /** Whether to mask at all; default true. */
  readonly enabled?: boolean;
}

/** Where an RE2 expression matches, in time linear in the text. @throws when it is no expression */
export function secretMatcher(pattern: string): SecretMatcher {
  const expression = RE2JS.compile(pattern);
  return (text) => {
    const ranges: [number, number][] = [];
    for (const found = expression.matcher(text); found.find();) ranges.push([found.start(), found.end()]);
    return ranges;
  };
}

/**
 * Replaces secrets by `[masked]`, and keeps what tells their kind: `ghp_[masked]`, `password=[masked]`,
 * `postgres://user:[masked]@host`. Knows tokens of AWS, GitHub, GitLab, Slack, Stripe, OpenAI, Anthropic, npm, Google and
 * others, JWTs, authorization and cookie headers, private keys, passwords in URLs, and values with telling names in
 * key=value, JSON, YAML and query strings. Linear in the text; a text that is masked already does not change.
 */
export class Masker {
  readonly #patterns: readonly SecretMatcher[];
  readonly #enabled: boolean;

  constructor(options: MaskOptions = {}) {
    this.#patterns = options.patterns ?? [];
    this.#enabled = options.enabled ?? true;
  }

  /** `text` (one line, or many) without its secrets. */
  mask(text: string): string {
    if (!this.#enabled) return text;
    let masked = hinted(text) ? maskAll(text) : text;
    // JSON may write any character as an escape; what it writes without says the same.
    const plain = text.includes("\\u00") ? text.replace(ESCAPED, fromEscape) : text;
    if (plain !== text && hinted(plain)) {
      const found = maskAll(plain);
      if (found !== plain) masked = found;
    }
    masked = maskKeyLines(masked);
    for (const pattern of this.#patterns) masked = maskRanges(masked, pattern(masked));
    return masked;
  }

  /**
   * Masks lines that follow each other, so that a private key over several lines is masked as a whole: every line of
   * it becomes `[masked]`. One function for each run of lines.
   */
  lines(): (line: string) => string {
    return this.#enabled ? overKeys((line) => this.mask(line)) : (line) => line;
  }
}

/** Printable ASCII, but not the quote and the backslash, as JSON escapes it. */
const ESCAPED = /\\u00(?!22|5c|7f)([2-7][0-9a-f])/gi;

function fromEscape(_: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

/** What is masked can part what was glued to it, so that it is known only then. */
const MAX_ROUNDS = 8;

function maskAll(text: string): string {
  let masked = text;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = maskKnown(masked);
    if (next === masked) break;
    masked = next;
  }
  return masked;
}

function maskKnown(text: string): string {
  return maskPairs(maskTokens(maskHeaders(maskKeyBlocks(text))));
}

function maskRanges(text: string, ranges: readonly (readonly [number, number])[]): string {
  let masked = "";
  let at = 0;
  for (const [start, end] of ranges.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])) {
    if (end <= at || end <= start) continue;
    masked += start >= at ? text.slice(at, start) + MASKED : "";
    at = Math.min(end, text.length);
  }
  return masked + text.slice(at);
}
