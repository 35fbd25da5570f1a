/**
 * A text to compare data by, or to make a key of: `@plugboard/core/canonical`.
 * @module
 */

const MAX_DEPTH = 64;

/** Thrown by `canonical` for what has no canonical text; the message says why. */
export class NotCanonical extends Error {
  override readonly name = "NotCanonical";
}

/**
 * A text that two values share exactly when they are the same data: keys sorted, every kind of value told apart (`1` and
 * `"1"`, `0` and `-0`, `null` and undefined, a date and its text, a lone surrogate and its replacement).
 * @param maxChars most characters of the text, about; `Infinity` where the value is bounded already
 * @throws NotCanonical for what is no plain data (functions, maps, instances of classes), for more than 64 levels, and for a
 * text of more than `maxChars` characters
 */
export function canonical(value: unknown, maxChars: number): string {
  return write(value, MAX_DEPTH, { left: maxChars });
}

interface Budget {
  left: number;
}

function write(value: unknown, depth: number, budget: Budget): string {
  switch (typeof value) {
    case "string":
      return spend(budget, value.length) && quote(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return "undefined";
    case "bigint":
      return `${value}n`;
    case "object":
      if (value === null) return "null";
      if (depth === 0) throw new NotCanonical(`more than ${MAX_DEPTH} levels`);
      if (Array.isArray(value)) return writeList(value, depth - 1, budget);
      if (value instanceof Date) return `date ${value.getTime()}`;
      return writeObject(value, depth - 1, budget);
    case "function":
    case "symbol":
      throw new NotCanonical(`a ${typeof value} among the data`);
  }
}

/** Every value costs something, so that a long list of nothing ends as well. */
function spend(budget: Budget, chars: number): true {
  budget.left -= chars + 2;
  if (budget.left < 0) throw new NotCanonical("too large");
  return true;
}

function writeList(list: readonly unknown[], depth: number, budget: Budget): string {
  let text = "[";
  for (let index = 0; index < list.length; index++) {
    spend(budget, 0);
    text += `${index === 0 ? "" : ","}${write(list[index], depth, budget)}`;
  }
  return `${text}]`;
}

function writeObject(value: object, depth: number, budget: Budget): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new NotCanonical("an instance of a class");
  const keys = sortedKeys(value);
  let text = "{";
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    spend(budget, key.length);
    const inner = write((value as Record<string, unknown>)[key], depth, budget);
    text += `${index === 0 ? "" : ","}${quote(key)}:${inner}`;
  }
  return `${text}}`;
}

/** What JSON writes as it is: no quotes, backslashes, control characters and surrogates. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\ud7ff\ue000-\uffff]*$/;

/** As `JSON.stringify`, which is slower for what needs no escape. */
const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

/** Most objects have their keys in order already, the schema's. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index - 1] as string) > (keys[index] as string)) return keys.sort();
  }
  return keys;
}
