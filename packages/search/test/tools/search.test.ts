import { ToolError } from "@plugboard/core";
import { describe, expect, test } from "vitest";
import type { IndexDocument } from "../../src/engine/types.ts";
import type { SearchData } from "../../src/tools/schema.ts";
import { document, section } from "../engine/make.ts";
import { naiveEngine } from "../engine/naive.ts";
import { tools } from "./service.ts";
import type { Tools } from "./service.ts";

const many = (count: number): IndexDocument[] =>
  Array.from({ length: count }, (_, index) => document(`d${String(index).padStart(3, "0")}`, "zebra"));
const ids = ({ results }: SearchData): string[] => results.map(({ id }) => id.split("#")[0] ?? "");
const find = ({ service }: Tools, query: string, more: object = {}): Promise<SearchData> =>
  service.search({ query, limit: 10, ...more }, {});

describe("a result", () => {
  test("has all that is known of the section", async () => {
    const made = await tools([
      document("guide.md", [section("## Setup\n\nRestart the *daemon*.", ["Guide", "Setup"], "setup")], {
        title: "Guide",
        url: "https://x.dev/guide",
        modified: Date.UTC(2026, 0, 31),
        origin: "files",
      }),
    ]);
    made.status = { updatedAt: Date.UTC(2026, 1, 1), stale: false, reason: undefined, skipped: 2 };
    expect(await find(made, "daemon")).toEqual({
      query: "daemon",
      results: [
        {
          id: "guide.md#setup",
          title: "Guide > Setup",
          url: "https://x.dev/guide#setup",
          score: expect.any(Number),
          snippet: "Setup Restart the daemon.",
          heading_path: "Guide > Setup",
          highlights: ["daemon"],
          modified: "2026-01-31T00:00:00.000Z",
        },
      ],
      total_found: 1,
      next_cursor: null,
      index: { documents: 1, updated_at: "2026-02-01T00:00:00.000Z", stale: false, skipped: 2 },
    });
  });

  test("names its source if that is not the files, and a time that no date has is the nearest", async () => {
    const made = await tools([
      document("wiki/a", "zebra", { origin: "source:wiki", title: "A", modified: Number.MAX_VALUE }),
    ]);
    const [result] = (await find(made, "zebra")).results;
    expect(result).toMatchObject({ source: "wiki", title: "A", modified: "+275760-09-13T00:00:00.000Z" });
    expect(result).not.toHaveProperty("heading_path");
  });

  test("has nothing in it that people cannot see, whatever a program gave as title", async () => {
    const made = await tools([
      document("a", "zebra", { title: "Evil\u202e \u001b[2Jtitle\n\u200b", path: "a\u202eb" }),
    ]);
    expect((await find(made, "zebra")).results[0]?.title).toBe("Evil title");
    expect(await made.service.fetch({ id: "a" }, {})).toMatchObject({ title: "Evil title", metadata: { path: "ab" } });
    expect((await made.service.fetch({ id: "a#top" }, {})).metadata.path).toBe("ab");
  });

  test("has a snippet within its budget", async () => {
    const made = await tools([document("a", `${"filler ".repeat(200)} zebra ${"filler ".repeat(200)}`)], {
      snippetChars: 80,
    });
    const [result] = (await find(made, "zebra")).results;
    expect(result?.snippet).toMatch(/^….*zebra.*…$/);
    expect(result?.snippet.length).toBeLessThanOrEqual(82);
  });

  test("shows an identifier that was asked for, and highlights it first", async () => {
    const made = await tools([document("a", `app config dir ${"filler ".repeat(200)} app APP_STATE_DIR`)]);
    const [result] = (await find(made, 'app config dir "APP_STATE_DIR"')).results;
    expect(result?.snippet).toContain("APP_STATE_DIR");
    expect(result?.highlights[0]).toBe("APP_STATE_DIR");
  });
});

describe("filters", () => {
  const day = (number: number): number => Date.UTC(2026, 2, number);
  const documents = [
    document("docs/a.md", "zebra zebra zebra", { modified: day(1) }),
    document("docs/api/b.html", "zebra zebra", { type: "html", modified: day(30) }),
    document("notes/c.md", "zebra", { modified: day(29) }),
  ];

  test.each([
    [{ path: "docs" }, ["docs/a.md", "docs/api/b.html"]],
    [{ path: "*.md" }, ["docs/a.md", "notes/c.md"]],
    [{ type: "html" }, ["docs/api/b.html"]],
    [{ type: " HTML " }, ["docs/api/b.html"]],
    [{ since: "2026-03-29" }, ["docs/api/b.html", "notes/c.md"]],
    [{ since: "36h" }, ["docs/api/b.html"]],
    [{ sort: "modified" }, ["docs/api/b.html", "notes/c.md", "docs/a.md"]],
    [{ sort: "relevance" }, ["docs/a.md", "docs/api/b.html", "notes/c.md"]],
    [{ path: "docs/", type: "markdown", since: "2026-01-01" }, ["docs/a.md"]],
  ])("%j", async (more, expected) => {
    const data = await find(await tools(documents), "zebra", more);
    expect(ids(data)).toEqual(expected);
    expect(data.total_found).toBe(expected.length);
  });

  test("that are wrong are errors that name the field and what it takes", async () => {
    const made = await tools(documents);
    await expect(find(made, "zebra", { type: "pdf" })).rejects.toThrow(
      /^There is no type "pdf"\. The types are markdown, .*text/,
    );
    await expect(find(made, "zebra", { since: "lately" })).rejects.toThrow(/^`since` is "lately"/);
    await expect(find(made, "zebra", { type: "pdf" })).rejects.toThrow(ToolError);
  });
});

describe("hints", () => {
  const documents = [document("a", "zebra lion"), document("b", "zebra draft")];
  const hint = async (query: string, more: object = {}): Promise<string | undefined> =>
    (await find(await tools(documents), query, more)).hint;

  test.each([
    ["zebra", undefined],
    ["unicorn", "Nothing was found in 2 documents. Try other or more general words, or synonyms."],
    ['"lion zebra"', "Nothing was found in 2 documents. Try again without the phrases, or with other words."],
    ["zebra -draft", 'Sections with draft were left out; to look for the word itself write "-draft" in quotes.'],
    ["lion -zebra type:markdown", /Nothing was found.*left out.*Try again without the exclusions, fields, or/],
    ["error:zebra", 'There is no field "error" here, so "error:zebra" was searched as words.'],
    ["-zebra", /^The query has only what to leave out/],
    ["???", "The query has no words to look for. 2 documents are indexed: try words that they may contain."],
  ])("of %s", async (query, expected) => {
    if (typeof expected === "string" || expected === undefined) expect(await hint(query)).toBe(expected);
    else expect(await hint(query)).toMatch(expected);
  });

  test("say that filters may be why nothing was found", async () => {
    expect(await hint("zebra", { path: "nowhere" })).toBe(
      "Nothing was found in 2 documents. Try again without the filters, or with other words.",
    );
  });

  test("say when there is nothing to search, or it is not up to date", async () => {
    expect((await find(await tools([]), "zebra")).hint).toMatch(/^There are no documents to search\. Whoever/);
    const made = await tools(documents);
    made.status = { updatedAt: undefined, stale: true, reason: 'The root "x" does not exist', skipped: 3 };
    const data = await find(made, "zebra");
    expect(data.hint).toBe('The index is out of date: The root "x" does not exist.');
    expect(data.index).toEqual({ documents: 2, updated_at: null, stale: true, skipped: 3 });
    expect((await find(made, "unicorn")).hint).toContain("Skipped files and folders: 3.");
  });

  test("tell of words that were not used", async () => {
    const engine = naiveEngine();
    const search = engine.search.bind(engine);
    engine.search = async (request, signal) => ({ ...(await search(request, signal)), terms: "some" });
    const made = await tools(documents, { maxQueryTerms: 3 }, engine);
    expect((await find(made, "zebra")).hint).toBe("Only the first 3 words of the query were used.");
  });
});

test("words that stand nowhere are corrected in the query", async () => {
  const engine = naiveEngine();
  const search = engine.search.bind(engine);
  engine.search = async (request, signal) => ({
    ...(await search(request, signal)),
    corrections: new Map([["zbra", "zebra"]]),
  });
  const made = await tools([document("a", "zebra")], {}, engine);
  expect(await find(made, "Where is zbra?")).toMatchObject({ did_you_mean: "Where is zebra?" });
  expect(await find(made, "zebra")).not.toHaveProperty("did_you_mean");
});

describe("paging", () => {
  async function pages(made: Tools, first: SearchData, limit: number): Promise<SearchData[]> {
    const all = [first];
    for (let cursor = first.next_cursor; cursor !== null && all.length < 100;) {
      const page = await find(made, "zebra", { limit, cursor });
      all.push(page);
      cursor = page.next_cursor;
    }
    return all;
  }

  test("gives each result once", async () => {
    const made = await tools(many(25));
    const all = await pages(made, await find(made, "zebra", { limit: 10 }), 10);
    expect(all.map(({ results }) => results.length)).toEqual([10, 10, 5]);
    expect(all.flatMap(ids)).toEqual(many(25).map(({ id }) => id));
    expect(all.map((page) => page.total_found)).toEqual([25, 25, 25]);
  });

  test("goes on while documents are added, changed and removed, and says how many are gone", async () => {
    const made = await tools(many(12));
    const first = await find(made, "zebra", { limit: 4 });
    await made.engine.put([document("d000a", "zebra"), document("d005", "other now"), ...many(1)]);
    await made.engine.remove(["d004", "d001", "d011"]);
    const second = await find(made, "zebra", { limit: 4, cursor: first.next_cursor });
    expect(ids(second)).toEqual(["d005", "d006", "d007", "d008"]);
    expect(second).toMatchObject({ total_found: 12, hint: "1 result of this list is no longer there and left out." });
    const third = await find(made, "zebra", { limit: 4, cursor: second.next_cursor });
    expect(ids(third)).toEqual(["d009", "d010"]);
    expect(third).toMatchObject({ next_cursor: null, hint: "1 result of this list is no longer there and left out." });
    // Whoever begins anew sees what is there now.
    expect((await find(made, "zebra")).total_found).toBe(9);
  });

  test("needs no memory while the documents are the same", async () => {
    const here = await tools(many(5));
    const there = await tools(many(5).toReversed());
    const { next_cursor: cursor } = await find(here, "zebra", { limit: 3 });
    expect(ids(await find(there, "zebra", { limit: 3, cursor }))).toEqual(["d003", "d004"]);
    await there.engine.remove(["d004"]);
    // The list is held there as well by now.
    expect(ids(await find(there, "zebra", { limit: 3, cursor }))).toEqual(["d003"]);
  });

  test("is over with the list where the documents have changed", async () => {
    const made = await tools(many(5));
    const { next_cursor: cursor } = await find(made, "zebra", { limit: 3 });
    await made.engine.remove(["d004"]);
    made.time += 599_000;
    expect(ids(await find(made, "zebra", { limit: 3, cursor }))).toEqual(["d003"]);
    made.time += 601_000;
    await expect(find(made, "zebra", { limit: 3, cursor })).rejects.toThrow(
      /^The documents have changed.*without `cursor`/,
    );
  });

  test("holds 200 lists, the last used", async () => {
    const made = await tools(many(3));
    const { next_cursor: cursor } = await find(made, "zebra", { limit: 1 });
    for (let index = 0; index < 200; index += 1) await find(made, `zebra x${index}`, { limit: 1 });
    await made.engine.remove(["d002"]);
    await expect(find(made, "zebra", { limit: 1, cursor })).rejects.toThrow(/^The documents have changed/);
  });

  test("is bound to the query and to every filter", async () => {
    const made = await tools(many(5));
    const { next_cursor: cursor } = await find(made, "zebra", { limit: 3 });
    for (const [query, more] of [
      ["zebra ", {}],
      ["zebra", { path: "**" }],
      ["zebra", { type: "markdown" }],
      ["zebra", { since: "1970-01-01" }],
      ["zebra", { sort: "modified" }],
    ] as const)
      await expect(find(made, query, { ...more, cursor })).rejects.toThrow(/belongs to another request/);
    await expect(find(made, "zebra", { cursor: "x" })).rejects.toThrow(ToolError);
    // The limit may change from page to page.
    expect(ids(await find(made, "zebra", { limit: 1, cursor }))).toEqual(["d003"]);
  });

  test("ends at maxResults, and says what to do", async () => {
    const made = await tools(many(25), { maxResults: 15 });
    const all = await pages(made, await find(made, "zebra", { limit: 10 }), 10);
    expect(all.map(({ results }) => results.length)).toEqual([10, 5]);
    expect(all[0]).not.toHaveProperty("hint");
    expect(all[1]).toMatchObject({
      total_found: 25,
      next_cursor: null,
      hint: "There are more results than can be listed: narrow the query, or use `path`, `type` or `since`.",
    });
  });
});

test("a search that is cancelled ends with the signal's reason", async () => {
  const { service } = await tools(many(3));
  const reason = new Error("enough");
  await expect(service.search({ query: "zebra", limit: 1 }, { signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );
});

describe("similar", () => {
  const documents = [document("a", "zebra lion"), document("b", "zebra lion tiger"), document("c", "nothing of it")];

  test("gives results like a search does, without those of the id itself", async () => {
    const { service } = await tools(documents);
    const data = await service.similar("a#top", 10, {});
    expect(data).toMatchObject({
      id: "a#top",
      results: [{ id: "b#top", snippet: "zebra lion tiger", highlights: ["zebra", "lion"] }],
      total_found: 1,
      index: { documents: 3 },
    });
    expect((await service.similar("a", 10, {})).results.map(({ id }) => id)).toEqual(["b#top"]);
    expect(await service.similar("c", 10, {})).toMatchObject({ results: [], hint: "No other section is like it." });
  });

  test("says what to do about an id that is not there", async () => {
    const { service } = await tools(documents);
    await expect(service.similar("z", 10, {})).rejects.toThrow('There is no document or section with the id "z"');
    await expect(service.similar("a#gone", 10, {})).rejects.toThrow("no such section");
  });
});
