import lunr from "lunr";
import { words } from "./english.ts";
import type { Index, Item, Peer } from "./types.ts";

function open(): Index {
  const builder = new lunr.Builder();
  builder.pipeline.add(lunr.trimmer, lunr.stopWordFilter, lunr.stemmer);
  builder.searchPipeline.add(lunr.stemmer);
  builder.field("title", { boost: 2 });
  builder.field("text");
  let index: lunr.Index | undefined;
  return {
    add: (items: readonly Item[]) => {
      for (const item of items) builder.add(item);
    },
    finish: () => {
      index = builder.build();
    },
    search: (query, count) => {
      // As terms and not as lunr's own syntax, in which `:`, `+` and `~` mean something.
      const found = index?.query((built) => {
        for (const word of words(query)) built.term(word, {});
      });
      return (found ?? []).slice(0, count).map(({ ref }) => ref);
    },
    close: () => {},
  };
}

export const lunrPeer: Peer = { name: "lunr (stop words, stemmer), title x2", open };
