import { cleanLine, cleanText } from "./clean.ts";
import type { SectionWriter } from "./sections.ts";

/** Deeper values are left out. */
export const MAX_RECORD_DEPTH = 64;
const INLINE = 200;

/** Whether a value of JSON holds no others. */
export function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/** The members of an object, a map or an array, with their names or numbers. */
export function* members(value: unknown): Generator<[string, unknown], void, undefined> {
  if (value instanceof Map) yield* value as ReadonlyMap<string, unknown>;
  else if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) yield [`[${index}]`, value[index]];
  } else {
    for (const key of Object.keys(value as object)) yield [key, (value as Readonly<Record<string, unknown>>)[key]];
  }
}

/** A member of an object; undefined if there is none. */
export function memberOf(value: unknown, name: string): unknown {
  if (value instanceof Map) return value.get(name) as unknown;
  return isScalar(value) ? undefined : (value as Readonly<Record<string, unknown>>)[name];
}

/** How many members an object or array has. */
export function countOf(value: unknown): number {
  return value instanceof Map ? value.size : Object.keys(value as object).length;
}

/** What a record calls itself. */
export function titleOf(value: unknown): string | undefined {
  const found = [memberOf(value, "title"), memberOf(value, "name")].find(
    (each) => typeof each === "string" && each.trim() !== "",
  );
  return typeof found === "string" ? cleanLine(found.slice(0, 1_000)) : undefined;
}

/** Writes values of JSON as people read them, in lines of `key: value`, what is inside of others indented. */
export class RecordText {
  /** Whether something was left out because it is nested too deeply. */
  cut = false;

  /** A member of an object or array. */
  member(key: string, value: unknown, list: boolean): string {
    const own = list ? "- " : `${cleanLine(key)}: `;
    if (isScalar(value)) return `${own}${scalarText(value)}`;
    const inline = inlined(value);
    if (inline !== undefined) return `${own}${inline}`;
    return list ? `- ${this.of(value, 1).trimStart()}` : `${own.trimEnd()}\n${this.of(value, 1)}`;
  }

  /**
   * A value. With `max`, the empty string stands for what is longer than that, or would be.
   * @param depth levels of indentation
   */
  of(value: unknown, depth = 0, max: number = Number.POSITIVE_INFINITY): string {
    const lines: string[] = [];
    let left = max;
    const walk = (each: unknown, level: number): void => {
      if (level - depth > MAX_RECORD_DEPTH) {
        this.cut = true;
        return;
      }
      const indent = "  ".repeat(level);
      const list = Array.isArray(each);
      for (const [key, member] of members(each)) {
        if (left < 0) return;
        const own = list ? "-" : `${cleanLine(key)}:`;
        const inline = isScalar(member) ? scalarText(member) : inlined(member);
        const line = `${indent}${own}${inline === undefined ? "" : ` ${inline}`}`;
        left -= line.length + 1;
        lines.push(line);
        if (inline === undefined) walk(member, level + 1);
      }
    };
    if (isScalar(value)) return scalarText(value);
    walk(value, depth);
    return left < 0 ? "" : lines.join("\n");
  }
}

function scalarText(value: unknown): string {
  return typeof value === "string" ? cleanText(value) : String(value);
}

/** A short list of short scalars on one line; undefined for anything else. */
function inlined(value: unknown): string | undefined {
  const list = Array.isArray(value);
  if (!list && countOf(value) > 0) return undefined;
  if (!list) return "";
  if (value.length > 20 || !value.every(isScalar)) return undefined;
  if (value.some((item) => typeof item === "string" && (item.length > INLINE || item.includes("\n")))) return undefined;
  const line = value.map(scalarText).join(", ");
  return line.length <= INLINE ? line : undefined;
}

/** UTF-16 units up to which short records share a section. */
const GROUP_CHARS = 1_500;

/** Puts neighbouring records into sections of about 1,500 UTF-16 units. */
export class RecordGroups {
  readonly #writer: SectionWriter;
  readonly #level: number;
  readonly #between: string;
  #records: string[] = [];
  #length = 0;
  #title: string | undefined;
  #anchor: string | undefined;

  /** @param between what parts two records */
  constructor(writer: SectionWriter, level: number, between: string) {
    this.#writer = writer;
    this.#level = level;
    this.#between = between;
  }

  /**
   * @param title heads the section if the record is alone in it
   * @param anchor where the record is, if its format can say that
   */
  add(record: string, title?: string, anchor?: string): void {
    if (this.#records.length > 0 && this.#length + record.length > GROUP_CHARS) this.flush();
    if (this.#records.length === 0) [this.#title, this.#anchor] = [title, anchor];
    this.#records.push(record);
    this.#length += record.length;
  }

  /** To be called at the end. */
  flush(): void {
    if (this.#records.length === 0) return;
    const title = this.#records.length === 1 ? this.#title : undefined;
    this.#writer.part(this.#level, title ?? "", this.#anchor, this.#anchor);
    this.#writer.text(this.#records.join(this.#between));
    this.#records = [];
    this.#length = 0;
  }
}
