/** Kinds of characters, by their codes; all of ASCII, and NaN is none of them. */

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** Letters, digits and `_`. */
export function isWord(code: number): boolean {
  return isLetter(code) || isDigit(code) || code === 95;
}

/** Digits and `a` to `f`, small or large. */
export function isHex(code: number): boolean {
  return isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70);
}

/** What stands in the name of a logger: letters, digits, and `- . / _ $`. */
export function isName(code: number): boolean {
  return isLetter(code) || (code >= 45 && code <= 57) || code === 95 || code === 36;
}

/** The number in `count` digits of a text at `at`; NaN when they are not digits. */
export function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const code = text.charCodeAt(index);
    if (!isDigit(code)) return Number.NaN;
    value = value * 10 + code - 48;
  }
  return value;
}

/** The number in two digits of a text at `at`; NaN when they are not digits. */
export function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
