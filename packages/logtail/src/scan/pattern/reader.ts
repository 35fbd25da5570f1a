import { PatternError } from "../error.ts";

/** The source of a regular expression, and how far it was read. */
export class Reader {
  readonly source: string;
  /** Index of what is next, in UTF-16 units. */
  at = 0;

  constructor(source: string) {
    this.source = source;
  }

  /** Whether there is nothing more. */
  get ended(): boolean {
    return this.at >= this.source.length;
  }

  /** The unit at hand; empty at the end. */
  get letter(): string {
    return this.source.charAt(this.at);
  }

  /** Takes the next character. */
  next(): number {
    const code = this.source.codePointAt(this.at) ?? 0;
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  sees(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  /** Takes the text, if it is next. */
  take(text: string): boolean {
    const seen = this.sees(text);
    if (seen) this.at += text.length;
    return seen;
  }

  /** Takes what the expression finds at the very start of the next `length` units. */
  match(expression: RegExp, length: number): RegExpExecArray | undefined {
    const found = expression.exec(this.source.slice(this.at, this.at + length));
    if (found === null) return undefined;
    this.at += found[0].length;
    return found;
  }

  /** @param what is wrong, and what to write instead */
  fail(code: PatternError["code"], what: string, at = this.at): never {
    throw new PatternError(code, `In the pattern, at character ${at + 1}: ${what}.`, at);
  }
}
