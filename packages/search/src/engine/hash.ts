import { createHash } from "node:crypto";
import { eachWord } from "../analysis/words.ts";
import { fold } from "../analysis/fold.ts";

/** 64 bits that stand for a document's id and content. */
export function fingerprint(id: string, version: string): bigint {
  return createHash("sha256").update(`${id}\0${version}`).digest().readBigUInt64LE();
}

/** 32 bits that stand for the words of a title, however they are spelt and set apart; 0 only where there are none (FNV-1a). */
export function titleKey(title: string): number {
  let hash = 0x811c9dc5;
  let any = false;
  eachWord(title, (start, end) => {
    any = true;
    const word = fold(title.slice(start, end));
    for (let at = 0; at <= word.length; at += 1) {
      hash ^= at < word.length ? word.charCodeAt(at) : 32;
      hash = Math.imul(hash, 0x01000193);
    }
  });
  return any ? hash >>> 0 || 1 : 0;
}
