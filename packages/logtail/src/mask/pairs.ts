import { MASKED } from "./masked.ts";
import { mixed } from "./tokens.ts";

/** Names whose values are secret whatever they look like, and names that other things have as well. */
const STRONG =
  "pass(?:word|wd|phrase|code)?|pwd|api[_-]?key|secret[_-]?(?:access[_-]?)?key|access[_-]?key(?:[_-]?secret)?|private[_-]?key|encryption[_-]?key|signing[_-]?key|account[_-]?key|client[_-]?secret|auth[_-]?token|access[_-]?token|refresh[_-]?token|id[_-]?token|secret";
const WEAK = "token|credentials?|auth|key|session[_-]?(?:id|key|token)?|sid";
/** A name, perhaps quoted (and the quotes escaped), its separator, and the quote of the value. */
const PAIR = new RegExp(`((?:${STRONG}|${WEAK})(?:\\\\{0,3}["'])?\\s{0,4}(?:=>|[:=])\\s{0,4})(\\\\{0,3}["'])?`, "gi");
const STRONG_NAME = new RegExp(`(?:${STRONG})$`, "i");

/** Values that say that there is none, or that somebody masked it before. */
const EMPTY =
  /^(?:|\[?(?:masked|redacted|filtered|hidden|removed|secret)\]?|<[^>]*>|[*.x•]+|true|false|yes|no|null|none|nil|undefined|required|missing|invalid|incorrect|expired|empty|set|unset|ok|failed|changed|is|was|not|must|for|from)$/i;

/** So much of a value tells whether it is secret: names can stand so close that all of it would be read for each. */
const MAX_JUDGED = 256;
const MAX_VALUE = 4096;

/** Masks values whose names tell that they are secret: in key=value, JSON, YAML and query strings. */
export function maskPairs(text: string): string {
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
