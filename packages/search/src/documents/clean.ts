/** Terminal escapes: CSI sequences, OSC strings (titles, hyperlinks), and other short ones. */
const ESCAPES =
  /\u001b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|[\]PX^_][^\u0007\u001b\n]{0,2000}(?:\u0007|\u001b\\)?|[ -/]{0,4}[0-~])/g;
/** Controls but tab and newline; marks that reorder text; invisible characters that can hide text from people. */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const SUSPECT =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\udb40]/;

/**
 * A document's text without what only machines see: terminal escapes, control characters but tab and newline,
 * bidirectional overrides, zero-width characters (but the joiners, which are spelling), and tag characters.
 */
export function cleanText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text
    .replace(/\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g, "\n")
    .replace(/[\u001c-\u001f]/g, " ")
    .replace(ESCAPES, "")
    .replace(HIDDEN, "");
}

/** The same on one line: every run of white space is one space. */
export function cleanLine(text: string): string {
  return cleanText(text)
    .replace(/[\u200c\u200d]/g, "")
    .replace(/\s+/gu, " ")
    .trim();
}

/** At most `max` UTF-16 units of `text`, cut at a white space if there is one near, never inside a character. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const space = text.lastIndexOf(" ", max - 1);
  return `${text.slice(0, space > max * 0.6 ? space : boundary(text, max - 1)).trimEnd()}…`;
}

/** `at`, or one less where it would cut a surrogate pair. */
export function boundary(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return at > 0 && unit >= 0xdc00 && unit <= 0xdfff && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 ? at - 1 : at;
}
