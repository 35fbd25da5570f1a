import MiniSearch from "minisearch";
import { stemOf } from "./english.ts";
import type { Index, Item, Peer } from "./types.ts";

function open(mini: MiniSearch<Item>): Index {
  return {
    add: (items) => mini.addAll(items),
    finish: () => {},
    search: (query, count) =>
      mini
        .search(query)
        .slice(0, count)
        .map(({ id }) => String(id)),
    close: () => {},
  };
}

const fields = ["title", "text"];

export const minisearch: Peer = { name: "MiniSearch", open: () => open(new MiniSearch<Item>({ fields })) };

export const minisearchPorter: Peer = {
  name: "MiniSearch, stop words, Porter, title x2",
  open: () =>
    open(
      new MiniSearch<Item>({
        fields,
        processTerm: (term) => stemOf(term) ?? null,
        searchOptions: { boost: { title: 2 } },
      }),
    ),
};
