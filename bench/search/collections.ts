import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Item } from "./engines/types.ts";
import type { Gains } from "./measures.ts";

export interface Collection {
  readonly name: string;
  readonly items: readonly Item[];
  /** Only those with judgements. */
  readonly queries: readonly { readonly id: string; readonly text: string; readonly gains: Gains }[];
}

interface Row {
  readonly id?: string;
  readonly _id?: string;
  readonly title?: string;
  readonly text?: string;
}

/**
 * Every collection in the folders below `folder`, in one of two formats: `docs.jsonl`, `queries.jsonl` and `qrels.tsv`, or
 * BEIR's `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv` (Thakur et al. 2021).
 */
export function collections(folder: string): Collection[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => load(name, join(folder, name)) ?? []);
}

function load(name: string, folder: string): Collection | undefined {
  const at = (...files: readonly string[]): string | undefined =>
    files.map((file) => join(folder, file)).find((file) => existsSync(file));
  const documents = at("docs.jsonl", "corpus.jsonl");
  const queries = at("queries.jsonl");
  const judgements = at("qrels.tsv", "qrels/test.tsv");
  if (!documents || !queries || !judgements) return undefined;
  const gains = new Map<string, Map<string, number>>();
  for (const [line, row] of readFileSync(judgements, "utf8").split("\n").entries()) {
    const [query = "", id = "", score = ""] = row.trimEnd().split("\t");
    if (line === 0 && Number.isNaN(Number.parseFloat(score))) continue;
    if (id === "") continue;
    const own = gains.get(query) ?? new Map<string, number>();
    gains.set(query, own.set(id, Number(score)));
  }
  return {
    name,
    items: rows(documents).map((row) => ({ id: idOf(row), title: row.title ?? "", text: row.text ?? "" })),
    queries: rows(queries).flatMap((row) => {
      const own = gains.get(idOf(row));
      const judged = own !== undefined && [...own.values()].some((gain) => gain > 0);
      return judged ? [{ id: idOf(row), text: row.text ?? "", gains: own }] : [];
    }),
  };
}

function rows(file: string): Row[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}

function idOf({ id, _id }: Row): string {
  return id ?? _id ?? "";
}
