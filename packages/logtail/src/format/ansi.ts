/** Terminal escapes: CSI sequences, strings (OSC titles and hyperlinks, DCS), and other short ones; 7 and 8 bit. */
const ESCAPES =
  /(?:\u001b\[|\u009b)[0-?]{0,64}[ -/]{0,8}[@-~]|(?:\u001b[\]PX^_]|[\u0090\u009d\u0098\u009e\u009f])[^\u0007\u001b\u009c\n]{0,2000}(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]{0,4}[0-~]/g;
const ESCAPE = /[\u001b\u0090\u0098\u009b\u009d-\u009f]/;

/** `text` without terminal escapes: colours, cursor movements, titles, and the addresses of hyperlinks (their text stays). */
export function stripEscapes(text: string): string {
  return ESCAPE.test(text) ? text.replace(ESCAPES, "") : text;
}

/** Controls but tab and newline; marks that reorder text; characters that nobody sees; halves of surrogate pairs. */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}\ud800-\udfff]/gu;
const SUSPECT =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff]/;

/**
 * `text` safe to show: without terminal escapes, and with every control (but tab and newline), bidirectional mark and
 * invisible character written out, such as `\x00` or `\u202e`, so that it can neither act nor hide.
 * Joiners and variation selectors after a character beyond ASCII are spelling, and stay.
 */
export function displayText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  const plain = stripEscapes(text);
  return plain.replace(HIDDEN, (character: string, at: number) => {
    const code = character.codePointAt(0) ?? 0;
    const spelling = code === 0x200c || code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f);
    if (spelling && plain.charCodeAt(at - 1) > 0x2ff && !isSpelling(plain.charCodeAt(at - 1))) return character;
    if (spelling && code === 0x200d && plain.charCodeAt(at - 1) === 0xfe0f) return character;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : code > 0xffff
        ? `\\u{${code.toString(16)}}`
        : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** Whether the unit is one of those that stay only once in a row: so no text of them alone hides a message. */
function isSpelling(unit: number): boolean {
  return unit === 0x200b || unit === 0x200c || unit === 0x200d || (unit >= 0xfe00 && unit <= 0xfe0f);
}
