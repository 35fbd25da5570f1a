import { create, insertMultiple, search } from "@orama/orama";
import { stemmer } from "@orama/stemmers/english";
import { STOP_WORDS } from "./english.ts";
import type { Index, Peer } from "./types.ts";

const schema = { id: "string", title: "string", text: "string" } as const;
const properties = ["title", "text"] as const;

function open(db: ReturnType<typeof plain>, boost: { title?: number }): Index {
  return {
    add: async (items) => void (await insertMultiple(db, [...items])),
    finish: () => {},
    search: async (term, limit) => {
      const { hits } = await search(db, { term, limit, properties: [...properties], boost });
      return hits.map(({ document }) => document.id);
    },
    close: () => {},
  };
}

const plain = () => create({ schema });
const stemmed = () =>
  create({
    schema,
    components: { tokenizer: { language: "english", stemming: true, stemmer, stopWords: [...STOP_WORDS] } },
  });

export const orama: Peer = { name: "Orama", open: () => open(plain(), {}) };
export const oramaStemmed: Peer = {
  name: "Orama, stop words, stemmer, title x2",
  open: () => open(stemmed(), { title: 2 }),
};
