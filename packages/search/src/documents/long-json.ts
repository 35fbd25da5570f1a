import type { Pacer } from "../pacer.ts";

/** Shorter values are parsed in one go, which takes 10 ms at the most. UTF-16 units. */
const SHORT = 128 * 1024;
/** Long values in long values: those deeper down are parsed in one go. */
const MAX_LONG_DEPTH = 8;
/** Units between two looks at the clock. */
const SLICE = 16 * 1024;
const NOTHING = /[^ \t\n\r]/g;
const SCALAR_END = /[,\]}\s]/g;
/** What the end of a string or of a bracketed value depends on. */
const IN_STRING = /["\\]/g;
const IN_BRACKETS = /["[\]{}]/g;

/**
 * Parses JSON of any length, and lets other work run meanwhile. What is long is parsed member by member; long objects
 * become maps, which take no long step to list.
 * @param short what is parsed in one go, in UTF-16 units
 * @throws SyntaxError for what is no JSON; what the pacer throws
 */
export async function parseLongJson(source: string, pacer: Pacer, short: number = SHORT): Promise<unknown> {
  const reader = new Reader(source, pacer, short);
  const value = await reader.value(MAX_LONG_DEPTH);
  if (reader.next() !== "") throw new SyntaxError("There is something behind the value.");
  return value;
}

class Reader {
  readonly #source: string;
  readonly #pacer: Pacer;
  readonly #short: number;
  #at = 0;

  constructor(source: string, pacer: Pacer, short: number) {
    this.#short = short;
    this.#source = source;
    this.#pacer = pacer;
  }

  /** The next sign that is no white space, which is not passed; empty at the end. */
  next(): string {
    this.#at = find(NOTHING, this.#source, this.#at);
    return this.#source.charAt(this.#at);
  }

  async value(depth: number): Promise<unknown> {
    const opening = this.next();
    const start = this.#at;
    if (opening !== "{" && opening !== "[") {
      this.#at = opening === '"' ? stringEnd(this.#source, start) : find(SCALAR_END, this.#source, start);
    } else {
      const end = await this.#end(start, depth === 0 ? Number.POSITIVE_INFINITY : this.#short);
      if (end === -1) return opening === "{" ? this.#map(depth) : this.#list(depth);
      this.#at = end;
    }
    return JSON.parse(this.#source.slice(start, this.#at)) as unknown;
  }

  async #map(depth: number): Promise<ReadonlyMap<string, unknown>> {
    const map = new Map<string, unknown>();
    await this.#members("}", async () => {
      if (this.next() !== '"') throw new SyntaxError("There is no name of a member.");
      const start = this.#at;
      this.#at = stringEnd(this.#source, start);
      const key = JSON.parse(this.#source.slice(start, this.#at)) as string;
      if (this.next() !== ":") throw new SyntaxError("There is no colon behind a name.");
      this.#at += 1;
      map.set(key, await this.value(depth - 1));
    });
    return map;
  }

  async #list(depth: number): Promise<readonly unknown[]> {
    const list: unknown[] = [];
    await this.#members("]", async () => void list.push(await this.value(depth - 1)));
    return list;
  }

  async #members(closing: string, read: () => Promise<void>): Promise<void> {
    this.#at += 1;
    for (let first = true; this.next() !== closing || !first; first = false) {
      await read();
      if (this.#pacer.due) await this.#pacer.pause();
      const sign = this.next();
      if (sign === closing) break;
      if (sign !== ",") throw new SyntaxError("There is no comma between two members.");
      this.#at += 1;
    }
    this.#at += 1;
  }

  /** Where the bracketed value ends that begins here, or −1 if it is longer than so much. */
  async #end(start: number, most: number): Promise<number> {
    const source = this.#source;
    let depth = 0;
    let paused = start;
    for (let at = start; ;) {
      at = find(IN_BRACKETS, source, at);
      if (at - start > most) return -1;
      if (at >= source.length) throw new SyntaxError("A bracket is not closed.");
      if (at - paused > SLICE) {
        paused = at;
        if (this.#pacer.due) await this.#pacer.pause();
      }
      const sign = source.charAt(at);
      if (sign === '"') at = stringEnd(source, at);
      else {
        depth += sign === "{" || sign === "[" ? 1 : -1;
        at += 1;
        if (depth === 0) return at;
      }
    }
  }
}

function stringEnd(source: string, start: number): number {
  for (let at = start + 1; ;) {
    at = find(IN_STRING, source, at);
    if (at >= source.length) throw new SyntaxError("A string is not closed.");
    if (source.charAt(at) === '"') return at + 1;
    at += 2;
  }
}

/** Where a pattern is found next; the end of the text if it is not. */
function find(pattern: RegExp, source: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(source) ? pattern.lastIndex - 1 : source.length;
}
