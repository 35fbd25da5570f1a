import { RE2JS } from "re2js";
import { stripEscapes } from "../format/ansi.ts";
import { PatternError } from "./error.ts";
import { emit } from "./pattern/emit.ts";
import { isLinear, stepsOf } from "./pattern/linear.ts";
import { requiredLiterals } from "./pattern/literals.ts";
import { stages } from "./pattern/stages.ts";
import { parsePattern } from "./pattern/syntax.ts";
import { trim } from "./pattern/trim.ts";

/** Longest pattern in UTF-16 units. */
export const MAX_PATTERN = 1000;
/** Instructions of a program of RE2: a step over one character is at most so much work. */
const MAX_PROGRAM = 10_000;
/** Steps for a character. */
const HEAVY = 32;

/** What to look for in a line. */
export interface PatternSpec {
  readonly kind: "text" | "regex";
  readonly source: string;
  readonly ignoreCase: boolean;
}

/** A pattern that is ready to be searched for. */
export interface Pattern {
  /**
   * `text`: comparison; `v8`: JavaScript's own engine, as the pattern is shown to be linear there; `stages`: the same for the
   * pieces between `.*`; `re2`: re2js, linear for every pattern.
   */
  readonly engine: "text" | "v8" | "stages" | "re2";
  /** Whether the pattern is in the text of a line. */
  readonly test: (text: string) => boolean;
  /** Every line that matches contains one of them, as UTF-8; undefined: not known. */
  readonly literals: readonly string[] | undefined;
  /** Whether the case of the literals is ignored. */
  readonly ignoreCase: boolean;
  /** Finds in a text of many lines a place in every line that matches, and maybe in others; with the flags `g` and `u`. */
  readonly block: RegExp | undefined;
  /** Work for a character of a line, in steps, at most. */
  readonly weight: number;
}

/** Whether so much work is in a pattern that only short pieces are to be scanned before the clock is looked at. */
export function isHeavy({ weight }: Pattern): boolean {
  return weight > HEAVY;
}

/** @throws PatternError */
export function compilePattern(spec: PatternSpec): Pattern {
  const { kind, source } = spec;
  if (source === "") throw new PatternError("empty", "The pattern is empty: write what to look for, or leave it out.");
  if (source.length > MAX_PATTERN) {
    throw new PatternError(
      "too_long",
      `The pattern has ${source.length} characters, at most ${MAX_PATTERN} are allowed: look for a part of it.`,
      MAX_PATTERN,
    );
  }
  const half = /\p{Surrogate}/u.exec(source);
  if (half !== null) {
    throw new PatternError("syntax", `At character ${half.index + 1} the pattern has half of a character.`, half.index);
  }
  const lineEnd = source.indexOf("\n");
  if (lineEnd !== -1) {
    throw new PatternError(
      "line_end",
      `At character ${lineEnd + 1} the pattern has a line end, but each line is searched alone: look for one of the lines, with context lines around it.`,
      lineEnd,
    );
  }
  return kind === "text" ? compileText(spec) : compileExpression(spec);
}

function compileText({ source, ignoreCase }: PatternSpec): Pattern {
  const literals = [source];
  if (!ignoreCase || !/\p{Cased}/u.test(source)) {
    return {
      engine: "text",
      test: (text) => text.includes(source),
      literals,
      ignoreCase: false,
      block: undefined,
      weight: 1,
    };
  }
  const escaped = quote(source);
  const expression = RegExp(escaped, "iu");
  return {
    engine: "text",
    test: (text) => expression.test(text),
    literals,
    ignoreCase,
    block: RegExp(escaped, "giu"),
    weight: 1,
  };
}

function compileExpression(spec: PatternSpec): Pattern {
  const parsed = parsePattern(spec.source);
  const ignoreCase = spec.ignoreCase || parsed.ignoreCase;
  const node = trim(parsed.node);
  const flags = ignoreCase ? "iu" : "u";
  const literals = requiredLiterals(node);
  const literalBlock = literals === undefined || !ignoreCase ? undefined : RegExp(literals.map(quote).join("|"), "giu");
  const common = { literals, ignoreCase };
  if (isLinear(node, ignoreCase)) {
    const line = RegExp(emit(node, "line"), flags);
    const block = RegExp(emit(node, "block"), `g${flags}`);
    return { ...common, engine: "v8", test: (text) => line.test(text), block, weight: stepsOf(node, ignoreCase) };
  }
  const pieces = stages(node, ignoreCase);
  const first = pieces?.[0];
  if (pieces !== undefined && first !== undefined) {
    const expressions = pieces.map((piece) => RegExp(emit(piece, "line"), `g${flags}`));
    const weight = pieces.reduce((sum, piece) => sum + stepsOf(piece, ignoreCase), 0);
    const block = literalBlock ?? RegExp(emit(first, "block"), `g${flags}`);
    return { ...common, engine: "stages", test: (text) => inTurn(expressions, text), block, weight };
  }
  const re2 = compileRe2(emit(node, "re2"), ignoreCase);
  return { ...common, engine: "re2", test: (text) => re2.test(text), block: literalBlock, weight: re2.programSize() };
}

/** Whether the expressions match one behind the other. */
function inTurn(expressions: readonly RegExp[], text: string): boolean {
  let at = 0;
  for (const expression of expressions) {
    expression.lastIndex = at;
    if (!expression.test(text)) return false;
    at = expression.lastIndex;
  }
  return true;
}

function compileRe2(source: string, ignoreCase: boolean): RE2JS {
  let program: RE2JS;
  try {
    program = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    throw new PatternError("too_large", `The pattern repeats too much: lower the numbers in {…} (${String(error)}).`);
  }
  if (program.programSize() > MAX_PROGRAM)
    throw new PatternError("too_large", "The pattern repeats too much: lower the numbers in {…}.");
  return program;
}

/** The source of an expression with the flag `u` that matches a text alone. */
export function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}

/**
 * The text of a line in which patterns are looked for: without terminal escapes that begin with the byte 0x1b. The rare
 * ones of a single 8-bit control stay.
 */
export function searchText(text: string): string {
  return text.includes("\u001b") ? stripEscapes(text) : text;
}
