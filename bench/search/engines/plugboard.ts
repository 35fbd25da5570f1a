import { localEngine, parseQuery } from "@plugboard/search/engine";
import type { Engine, IndexDocument } from "@plugboard/search/engine";
import type { Index, Item, Peer } from "./types.ts";

export const plugboardName = "Plugboard";

/** Ids of the sections that are found with a query as it was typed. */
export async function ask(engine: Engine, query: string, count: number): Promise<string[]> {
  const fields = engine.fields();
  const { hits } = await engine.search({ query: parseQuery(query, (name) => fields.has(name)), count });
  return hits.map(({ id }) => id);
}

/** A document with what benchmarks need not care for. */
export function document(
  id: string,
  fields: Pick<IndexDocument, "title" | "sections"> & Partial<IndexDocument>,
): IndexDocument {
  return {
    id,
    path: id,
    url: `file:///${id}`,
    type: "text",
    modified: 0,
    bytes: fields.sections.reduce((sum, { text }) => sum + text.length, 0),
    version: "1",
    origin: "bench",
    stamp: "",
    metadata: {},
    cut: false,
    ...fields,
  };
}

/** Each item as a document of one section. */
export const plugboard: Peer = {
  name: plugboardName,
  async open(): Promise<Index> {
    const built: Engine = await localEngine();
    return {
      add: (items: readonly Item[]) =>
        built.put(
          items.map(({ id, title, text }) =>
            document(id, { title, sections: [{ anchor: "top", fragment: "", headings: [], text }] }),
          ),
        ),
      finish: () => built.commit(),
      search: async (query, count) => (await ask(built, query, count)).map((id) => id.slice(0, id.lastIndexOf("#"))),
      close: () => built.close(),
    };
  },
};
