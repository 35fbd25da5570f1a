import { fold } from "../analysis/fold.ts";
import { eachWord } from "../analysis/words.ts";

/**
 * The query with what was looked for in the place of words that stand nowhere; null if there is no such word.
 * @param corrections by word, as it was typed or folded
 */
export function didYouMean(query: string, corrections: ReadonlyMap<string, string>): string | null {
  if (corrections.size === 0) return null;
  let corrected = "";
  let copied = 0;
  eachWord(query, (start, end) => {
    const word = query.slice(start, end);
    const meant = corrections.get(word) ?? corrections.get(fold(word));
    if (meant === undefined || start < copied) return;
    corrected += query.slice(copied, start) + meant;
    copied = end;
  });
  corrected += query.slice(copied);
  return corrected === query ? null : corrected;
}
