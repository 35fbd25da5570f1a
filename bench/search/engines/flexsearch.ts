import { Charset, Encoder, Index as FlexIndex } from "flexsearch";
import english from "flexsearch/lang/en";
import type { Index, Item, Peer } from "./types.ts";

function open(index: FlexIndex): Index {
  const ids: string[] = [];
  return {
    add: (items: readonly Item[]) => {
      for (const { id, title, text } of items) index.add(ids.push(id) - 1, `${title} ${text}`);
    },
    finish: () => {},
    // Without `suggest`, all words have to be there.
    search: (query, limit) => {
      const found = index.search(query, { limit, suggest: true }) as readonly number[];
      return found.map((key) => ids[key] ?? "");
    },
    close: () => {},
  };
}

export const flexsearch: Peer = {
  name: "FlexSearch",
  open: () => open(new FlexIndex({ tokenize: "strict" })),
};

export const flexsearchEnglish: Peer = {
  name: "FlexSearch, English",
  open: () => open(new FlexIndex({ tokenize: "strict", encoder: new Encoder(Charset.Default).assign(english) })),
};
