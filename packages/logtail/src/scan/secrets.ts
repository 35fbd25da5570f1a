import { MASKED } from "../mask/masked.ts";
import { Masker, secretMatcher } from "../mask/masker.ts";
import type { Pattern } from "./pattern.ts";
import { quote, searchText } from "./pattern.ts";

/** What is secret in lines: plain data. */
export interface Secrets {
  /** RE2 expressions for secrets beside those that `Masker` knows. */
  readonly patterns: readonly string[];
}

/** Stands for a secret where only lines that have a required text are looked at: any character, and none that texts have. */
const ANY = "\uffff";
/** Stands for a secret elsewhere: no expression matches it. */
const NOTHING = "\n";

/**
 * Whether a pattern is in the text of a line, as it can be seen by who may not see secrets: which secret stands in a line
 * makes no difference. (That it must match both with and without its secrets would not do: `password=[a-m[]` tells a letter.)
 *
 * A match may go over a secret if each match contains one of `pattern.literals`; else it does not.
 * @throws when a secret's expression is none
 */
export function lineTest(pattern: Pattern, secrets: Secrets | undefined): (text: string) => boolean {
  if (secrets === undefined) return (text) => pattern.test(searchText(text));
  const masker = new Masker({ patterns: secrets.patterns.map(secretMatcher) });
  const { literals, ignoreCase } = pattern;
  const known = literals !== undefined;
  const may = !known ? pattern.test : ignoreCase ? anyCase(literals) : oneOf(literals);
  const standIn = known ? ANY : NOTHING;
  return (line) => {
    const text = searchText(line);
    if (!may(text)) return false;
    const masked = masker.mask(text);
    return pattern.test(masked === text ? text : masked.replaceAll(MASKED, standIn));
  };
}

function oneOf(literals: readonly string[]): (text: string) => boolean {
  return (text) => literals.some((literal) => text.includes(literal));
}

function anyCase(literals: readonly string[]): (text: string) => boolean {
  const expression = RegExp(literals.map(quote).join("|"), "iu");
  return (text) => expression.test(text);
}
