import type { Range } from "./sets.ts";

/** `\d`, as in RE2: ASCII only. */
export const DIGIT: readonly Range[] = [[48, 57]];
/** `\w`, as in RE2: ASCII only. */
export const WORD: readonly Range[] = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
/** `\s`, as in RE2: ASCII only. */
export const SPACE: readonly Range[] = [
  [9, 13],
  [32, 32],
];
/** The long s and the sign for Kelvin, which equal s and k when case is ignored. */
export const LIKE_ASCII: readonly Range[] = [
  [0x17f, 0x17f],
  [0x212a, 0x212a],
];

const POSIX = new Map<string, readonly Range[]>([
  [
    "alnum",
    [
      [48, 57],
      [65, 90],
      [97, 122],
    ],
  ],
  [
    "alpha",
    [
      [65, 90],
      [97, 122],
    ],
  ],
  ["ascii", [[0, 127]]],
  [
    "blank",
    [
      [9, 9],
      [32, 32],
    ],
  ],
  [
    "cntrl",
    [
      [0, 31],
      [127, 127],
    ],
  ],
  ["digit", DIGIT],
  ["graph", [[33, 126]]],
  ["lower", [[97, 122]]],
  ["print", [[32, 126]]],
  [
    "punct",
    [
      [33, 47],
      [58, 64],
      [91, 96],
      [123, 126],
    ],
  ],
  ["space", SPACE],
  ["upper", [[65, 90]]],
  ["word", WORD],
  [
    "xdigit",
    [
      [48, 57],
      [65, 70],
      [97, 102],
    ],
  ],
]);

/** The class that is written `[:name:]`; undefined when there is none. */
export function posixClass(name: string): readonly Range[] | undefined {
  return POSIX.get(name);
}

/** How JavaScript writes the property: a general category bare, a script with `Script=`. */
export function propertyName(name: string): string | undefined {
  for (const written of [name, `Script=${name}`]) {
    try {
      RegExp(`\\p{${written}}`, "u");
      return written;
    } catch {
      // The next form.
    }
  }
  return undefined;
}

/** Only general categories (a letter, or two) and scripts: what both engines know. */
export function isProperty(name: string): boolean {
  const written = propertyName(name);
  return written !== undefined && (/^[A-Z][a-z]?$/.test(name) || written === `Script=${name}`);
}
