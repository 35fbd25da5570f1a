import type { SecretMatcher } from "./mask.ts";
import { matcher } from "./scan/query.ts";
import { RE2JS } from "re2js";

/** Where an expression of the options matches, in time linear in the text. @throws when it is no expression */
export function secretMatcher(pattern: string): SecretMatcher {
  const expression = RE2JS.compile(pattern);
  return (text) => {
    const ranges: [number, number][] = [];
    for (const found = expression.matcher(text); found.find();) ranges.push([found.start(), found.end()]);
    return ranges;
  };
}

/** Whether a line looks like the first of an event. @throws when it is no expression */
export function startMatcher(pattern: string): (text: string) => boolean {
  return matcher({ pattern: { kind: "regex", source: pattern, ignoreCase: false } });
}
