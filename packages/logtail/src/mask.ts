import { RE2JS } from "re2js";

/** Finds what is to be masked in a text: ranges of UTF-16 indices, start before end. */
export type SecretMatcher = (text: string) => readonly (readonly [start: number, end: number])[];

export interface MaskOptions {
  /** Further secrets, beside the known ones. */
  readonly patterns?: readonly SecretMatcher[];
  /** Whether to mask at all; default true. */
  readonly enabled?: boolean;
}

/** What stands in place of a secret. */
export const MASKED = "[masked]";

/** Where an RE2 expression matches, in time linear in the text. @throws when it is no expression */
export function secretMatcher(pattern: string): SecretMatcher {
  const expression = RE2JS.compile(pattern);
  return (text) => {
    const ranges: [number, number][] = [];
    for (const found = expression.matcher(text); found.find();) ranges.push([found.start(), found.end()]);
    return ranges;
  };
}

/** A text without one of these, in any case, holds no known secret. */
const HINTS =
  "pass pwd secret token key cred auth cookie bearer basic :// :\\/ gho_ ghp_ ghs_ ghu_ ghr_ github_pat glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- xox xapp- hooks.slack sk- k_live k_test whsec npm_ aiza ya29 gocspx akia asia abia acca eyj hf_ sg. pypi- dop_v1 dor_v1 doo_v1 -----begin sig= signature code= session sid".split(
    " ",
  );
const HINT = new RegExp(HINTS.map((hint) => hint.replace(/[.\\]/g, "\\$&")).join("|"), "i");
/** The first three characters of each hint, five bits of each: which no case changes. */
const STARTS = new Uint8Array(1 << 15);
for (const hint of HINTS) {
  STARTS[((hint.charCodeAt(0) & 31) << 10) | ((hint.charCodeAt(1) & 31) << 5) | (hint.charCodeAt(2) & 31)] = 1;
}

/** Whether a secret can be in the text; an ordinary line costs a look at each of its characters. */
function hinted(text: string): boolean {
  let last = 0;
  for (let at = 0; at < text.length; at++) {
    last = ((last << 5) | (text.charCodeAt(at) & 31)) & 0x7fff;
    if (STARTS[last] === 1 && at > 1) return HINT.test(text);
  }
  return false;
}

interface Kind {
  /** Group 1, where there is one, is what stays; all after it is masked. */
  readonly pattern: RegExp;
  /** Whether what would be masked is one, where the pattern alone does not tell. */
  readonly secret?: (value: string) => boolean;
}

// Every unbounded repetition starts at a place that no other start can run over again, so each pattern is linear.
const TOKENS: readonly Kind[] = [
  { pattern: /(gh[opsur]_)[A-Za-z0-9]{30,255}/g },
  { pattern: /(github_pat_)[A-Za-z0-9_]{22,255}/g },
  { pattern: /(gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-)[\w-]{20,255}/g },
  { pattern: /(?<![A-Za-z0-9])(xox[a-z]-|xapp-)[A-Za-z0-9-]{10,255}/g },
  { pattern: /(hooks\.slack\.com\\{0,3}\/(?:services|workflows|triggers)\\{0,3}\/)[\w/\\]{20,255}/g },
  { pattern: /(?<![A-Za-z0-9])(sk-ant-|sk-proj-|sk-svcacct-|sk-admin-|sk-or-)[\w-]{16,512}/g },
  { pattern: /(?<![A-Za-z0-9_-])(sk-)(?=[A-Za-z0-9]{0,255}\d)[A-Za-z0-9]{20,255}/g },
  { pattern: /(?<![A-Za-z0-9])([rs]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=]{10,255}/g },
  { pattern: /(npm_)[A-Za-z0-9]{36,255}/g },
  { pattern: /(AIza)[\w-]{35}/g },
  { pattern: /(?<![A-Za-z0-9])(ya29\.)[\w-]{20,1024}/g },
  { pattern: /(GOCSPX-)[\w-]{20,255}/g },
  { pattern: /(?<![A-Za-z0-9])(AKIA|ASIA|ABIA|ACCA)(?=[A-Z2-7]{0,15}\d)[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  { pattern: /(?<![\w-])(eyJ)[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g },
  { pattern: /(?<![A-Za-z0-9])(hf_)[A-Za-z0-9]{30,255}/g },
  { pattern: /(?<![A-Za-z0-9])(SG\.)[\w-]{16,64}\.[\w-]{16,64}/g },
  { pattern: /(pypi-)AgE[\w-]{50,512}/g },
  { pattern: /(do[opr]_v1_)[a-f0-9]{64}/g },
  {
    pattern: /((?:\b|(?<=\\[nrt]))bearer\s{1,4})(?:[\w.~+/-]|\\\/){8,}=*/gi,
    secret: (value) => /\d|[.+/~]/.test(value) || value.length > 20,
  },
  {
    pattern: /((?:\b|(?<=\\[nrt]))basic\s{1,4})(?:[A-Za-z0-9+/]|\\\/){8,}={0,2}/gi,
    secret: (value) => value.endsWith("=") || mixed(value),
  },
  { pattern: /(:(?:\\{0,3}\/){2}[^\s:/@"'<>?#]{0,256}:)(?!\[masked\])[^\s/@"'<>]{1,512}(?=@)/g },
  {
    pattern:
      /(--(?:[\w-]{1,40}-)?(?:password|passwd|token|secret|api-key|access-key)\s{1,4})(?!\[masked\])[^\s"'=-][^\s"']*/gi,
  },
  { pattern: /([?&;](?:sig|signature|x-amz-signature|x-amz-security-token|code|access_token|auth)=)[^\s&"'<>]{12,}/gi },
];

/** Names whose values are secret whatever they look like, and names that other things have as well. */
const STRONG =
  "pass(?:word|wd|phrase|code)?|pwd|api[_-]?key|secret[_-]?(?:access[_-]?)?key|access[_-]?key(?:[_-]?secret)?|private[_-]?key|encryption[_-]?key|signing[_-]?key|account[_-]?key|client[_-]?secret|auth[_-]?token|access[_-]?token|refresh[_-]?token|id[_-]?token|secret";
const WEAK = "token|credentials?|auth|key|session[_-]?(?:id|key|token)?|sid";
/** A name, perhaps quoted (and the quotes escaped), its separator, and the quote of the value. */
const PAIR = new RegExp(`((?:${STRONG}|${WEAK})(?:\\\\{0,3}["'])?\\s{0,4}(?:=>|[:=])\\s{0,4})(\\\\{0,3}["'])?`, "gi");
const STRONG_NAME = new RegExp(`(?:${STRONG})$`, "i");
/** Its value goes on over quotes that are escaped, unless it stands between such. */
const HEADER =
  /((?:\b|(?<=\\[nrt]))(?:(?:proxy-)?authorization(?:\\{0,3}["'])?\s{0,4}[:=]\s{0,4}(?:(\\{1,3}["'])|["'])?(?:[a-z]{1,16}\s{1,4})?|(?:set-)?cookie(?:\\{0,3}["'])?\s{0,4}[:=]\s{0,4}(?:(\\{1,3}["'])|["'])?))([^\s"'\\](?:[^"'\r\n\\]|\\[^nr])*)/gi;

/** Values that say that there is none, or that somebody masked it before. */
const EMPTY =
  /^(?:|\[?(?:masked|redacted|filtered|hidden|removed|secret)\]?|<[^>]*>|[*.x•]+|true|false|yes|no|null|none|nil|undefined|required|missing|invalid|incorrect|expired|empty|set|unset|ok|failed|changed|is|was|not|must|for|from)$/i;

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
    if (text.length >= MIN_KEY_LINE)
      masked = masked.replace(KEY_LINES, (line, key: string) => (isKeyLine(key) ? line.replace(key, MASKED) : line));
    for (const pattern of this.#patterns) masked = maskRanges(masked, pattern(masked));
    return masked;
  }

  /**
   * Masks lines that follow each other, so that a private key over several lines is masked as a whole: every line of
   * it becomes `[masked]`. One function for each run of lines.
   */
  lines(): (line: string) => string {
    let inside = 0;
    return (line) => {
      if (!this.#enabled) return line;
      if (inside > 0) {
        const end = KEY_END.exec(line);
        inside = end !== null || !KEY_BODY.test(line) ? 0 : inside - 1;
        if (end !== null) return MASKED + end[0] + this.mask(line.slice(end.index + end[0].length));
        if (KEY_BODY.test(line)) return line === "" ? "" : MASKED;
      }
      const masked = this.mask(line);
      if (masked.includes("PRIVATE KEY") && KEY_OPEN.test(masked)) inside = MAX_KEY_LINES;
      return masked;
    };
  }
}

/** Printable ASCII, but not the quote and the backslash, as JSON escapes it. */
const ESCAPED = /\\u00(?!22|5c|7f)([2-7][0-9a-f])/gi;

function fromEscape(_: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

const MAX_KEY_LINES = 200;
const KEY_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_OPEN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:\[masked\])?\s*$/;
/** What stands inside a key block: base64, headers such as `Proc-Type: 4,ENCRYPTED`, checksums, empty lines. */
const KEY_BODY = /^\s{0,64}(?:[A-Za-z0-9+/=]{1,128}|(?:Proc-Type|DEK-Info|Version|Comment|Hash): .{0,200})?\s{0,64}$/;
/** Lines of keys are at least so long (OpenSSH writes 70, PEM 64, others 48 to 76), and tell a key whose first line was not read. */
const MIN_KEY_LINE = 40;
const KEY_LINES = /^[ \t]{0,64}([A-Za-z0-9+/]{40,128}={0,2})[ \t\r]{0,64}$/gm;
/** Names in a path are shorter on average. */
const MAX_NAME = 13;
/** Neighbours of different kinds (upper case, lower case, digits) among all: base64 of random bytes has 0.6. */
const MIN_CHANGES = 0.45;

/** Whether a line of base64 can be one of a key: no hex digest, no identifier in one case, and no path. */
function isKeyLine(line: string): boolean {
  if (!/[A-Z]/.test(line) || !/[a-z]/.test(line) || !/[0-9+/]/.test(line)) return false;
  const names = line.split("/");
  if ((names.length - 1) * MAX_NAME < line.length) return true;
  const text = names.join("");
  const changes = text.match(/[A-Z](?![A-Z])|[a-z](?![a-z])|\d(?!\d)/g)?.length ?? 0;
  return changes >= MIN_CHANGES * text.length;
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
  let masked = text.includes("-----BEGIN") ? maskKeys(text) : text;
  if (/authorization|cookie/i.test(masked))
    masked = masked.replace(HEADER, (found, kept: string, one?: string, other?: string, rest = "") => {
      if (rest.startsWith(MASKED)) return found;
      const end = (one ?? other) === undefined ? -1 : rest.indexOf("\\");
      return kept + MASKED + (end < 0 ? "" : rest.slice(end));
    });
  for (const { pattern, secret } of TOKENS) {
    masked = masked.replace(pattern, (found: string, kept: string) => {
      if (secret !== undefined && !secret(found.slice(kept.length))) return found;
      return kept + MASKED;
    });
  }
  return maskPairs(masked);
}

/** Whole key blocks in one text, also with their line ends written as `\n`. */
function maskKeys(text: string): string {
  let masked = "";
  let at = 0;
  for (;;) {
    const begin = KEY_BEGIN.exec(text.slice(at));
    if (begin === null) return masked + text.slice(at);
    const body = at + begin.index + begin[0].length;
    masked += text.slice(at, body);
    const end = KEY_END.exec(text.slice(body));
    // A block without an end: all that still looks like one.
    const open = /^(?:[A-Za-z0-9+/=\s]|\\[nr])*/.exec(text.slice(body));
    at = end === null ? body + (open?.[0].trimEnd().length ?? 0) : body + end.index;
    if (at > body) masked += MASKED;
    if (end === null) return masked + text.slice(at);
  }
}

/** So much of a value tells whether it is secret: names can stand so close that all of it would be read for each. */
const MAX_JUDGED = 256;
const MAX_VALUE = 4096;

function maskPairs(text: string): string {
  let masked = "";
  let kept = 0;
  PAIR.lastIndex = 0;
  for (let found = PAIR.exec(text); found !== null; found = PAIR.exec(text)) {
    const [whole, head = "", quote] = found;
    const start = found.index + whole.length;
    const end = quote === undefined ? bareEnd(text, start, MAX_JUDGED) : quotedEnd(text, start, quote);
    const value = text.slice(start, Math.min(end, start + MAX_JUDGED));
    const name = /^[\w-]+/.exec(head)?.[0] ?? "";
    const before = found.index === 0 ? "" : text.charAt(found.index - 1);
    if (isSecret(name, before, head.slice(name.length), value, quote !== undefined)) {
      masked += text.slice(kept, start) + MASKED;
      kept = quote === undefined ? bareEnd(text, start, MAX_VALUE) : end;
      PAIR.lastIndex = kept;
    }
  }
  return kept === 0 ? text : masked + text.slice(kept);
}

function isSecret(name: string, before: string, separator: string, value: string, quoted: boolean): boolean {
  if (EMPTY.test(value) || value.startsWith(MASKED) || value.includes(MASKED)) return false;
  const close = separator.startsWith("=") || quoted || /^\\*["']/.test(separator) || separator === ":";
  if (STRONG_NAME.test(name)) {
    // `pass: 12` and `compass=…` are reports of tests and words.
    if (/^pass$/i.test(name)) return !/[A-Za-z0-9]/.test(before) && close && !/^\d{1,6}$/.test(value);
    return close || value.length >= 6 || /\d/.test(value);
  }
  if (/^(?:key|auth|sid)$/i.test(name)) return /^$|[^A-Za-z0-9]/.test(before) && value.length >= 20 && mixed(value);
  if (/[A-Za-z]/.test(before)) return false;
  return value.length >= 8 && (mixed(value) || (close && value.length >= 16 && /^[\w.~+/=-]+$/.test(value)));
}

/** Whether both digits and letters are in it. */
function mixed(value: string): boolean {
  return /\d/.test(value) && /[A-Za-z]/.test(value);
}

/** Index after a value without quotes, at most `most` from its start; closing brackets end it unless it has opening ones. */
function bareEnd(text: string, start: number, most: number): number {
  const last = Math.min(text.length, start + most);
  let round = false;
  let square = false;
  let at = start;
  for (; at < last; at++) {
    const code = text.charCodeAt(at);
    if (code <= 32 || code === 38 || code === 44 || code === 59 || code === 34 || code === 39 || code === 125) break;
    if (code === 40) round = true;
    else if (code === 91) square = true;
    else if ((code === 41 && !round) || (code === 93 && !square)) break;
  }
  return at;
}

/** Index of the quote that closes the value; `quote` has the backslashes that its own escaping puts before it. */
function quotedEnd(text: string, start: number, quote: string): number {
  if (quote.length > 1) {
    const depth = quote.length - 1;
    for (let end = text.indexOf(quote.slice(-1), start); end >= 0; end = text.indexOf(quote.slice(-1), end + 1)) {
      let slashes = 0;
      while (slashes <= depth && text.charCodeAt(end - 1 - slashes) === 92) slashes++;
      if (slashes <= depth) return Math.max(start, end - slashes);
    }
    return text.length;
  }
  const mark = quote.charCodeAt(0);
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === mark) return at;
  }
  return text.length;
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
