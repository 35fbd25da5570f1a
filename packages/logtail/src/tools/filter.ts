import type { SourceLine } from "../read/line.ts";
import { matcher } from "../scan/query.ts";
import type { Query } from "../scan/query.ts";

/** Whether lines of several logs fit a query, asked in the order of each log. */
export function lineFilter(query: Query): (line: Pick<SourceLine, "text" | "file">) => boolean {
  const matchers = new Map<string, (text: string) => boolean>();
  return ({ text, file }) => {
    let fits = matchers.get(file);
    if (!fits) matchers.set(file, (fits = matcher(query)));
    return fits(text);
  };
}
