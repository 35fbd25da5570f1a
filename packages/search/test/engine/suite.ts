import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Engine, IndexDocument } from "../../src/engine/types.ts";
import type { Query } from "../../src/query/types.ts";
import { document, find, query, section } from "./make.ts";

/**
 * What every engine has to do, whatever it is made of. The words in it are such that no stemmer takes two for one, and
 * none is a stop word.
 * @param make gives a new engine with nothing in it; the suite closes it
 */
export function engineSuite(name: string, make: () => Promise<Engine>): void {
  const filled = async (...documents: readonly IndexDocument[]): Promise<Engine> => {
    const engine = await make();
    onTestFinished(() => engine.close());
    await engine.put(documents);
    return engine;
  };

  describe(`${name}: documents`, () => {
    test("an empty one finds nothing and counts nothing", async () => {
      const engine = await filled();
      expect([engine.documents, engine.sections, engine.bytes]).toEqual([0, 0, 0]);
      expect(engine.generation).toMatch(/^[0-9a-f]{16}$/);
      expect([...engine.ids()]).toEqual([]);
      expect([...engine.fields()]).toEqual([]);
      expect(await engine.search({ query: query("word"), count: 10 })).toMatchObject({ total: 0, hits: [] });
      expect(await engine.similar("a", { count: 10 })).toBeUndefined();
      expect(await engine.document("a")).toBeUndefined();
      expect(await engine.section("a#top")).toBeUndefined();
      expect(await engine.sectionAt("a", 0)).toBeUndefined();
      expect(engine.state("a")).toBeUndefined();
      await engine.remove(["a"]);
      await engine.commit();
    });

    test("are put, replaced and removed", async () => {
      const engine = await filled(document("a.md", "walrus"), document("b.md", "walrus"));
      expect(await find(engine, "walrus")).toEqual(["a.md#top", "b.md#top"]);
      await engine.put([document("a.md", "ocelot")]);
      expect(await find(engine, "walrus")).toEqual(["b.md#top"]);
      expect(await find(engine, "ocelot")).toEqual(["a.md#top"]);
      await engine.remove(["b.md", "c.md"]);
      expect(await find(engine, "walrus")).toEqual([]);
      expect([...engine.ids()]).toEqual(["a.md"]);
      expect([engine.documents, engine.sections]).toEqual([1, 1]);
      expect(await engine.section("b.md#top")).toBeUndefined();
      expect(await engine.document("b.md")).toBeUndefined();
      expect(engine.state("b.md")).toBeUndefined();
    });

    test("the last one with an id counts, also within one call", async () => {
      const engine = await filled(document("a", "walrus"), document("a", "ocelot"));
      expect(engine.documents).toBe(1);
      expect(await find(engine, "walrus ocelot")).toEqual(["a#top"]);
      expect((await engine.section("a#top"))?.text).toBe("ocelot");
    });

    test("are counted, with their sections and bytes", async () => {
      const engine = await filled(
        document("a", [section("walrus", ["One"], "one"), section("ocelot", ["Two"], "two")], { bytes: 100 }),
        document("b", "heron", { bytes: 20 }),
      );
      expect([engine.documents, engine.sections, engine.bytes]).toEqual([2, 3, 120]);
      await engine.put([document("b", "heron", { bytes: 30 })]);
      expect([engine.documents, engine.sections, engine.bytes]).toEqual([2, 3, 130]);
      await engine.remove(["a"]);
      expect([engine.documents, engine.sections, engine.bytes]).toEqual([1, 1, 30]);
    });

    test("their state is what was put", async () => {
      const engine = await filled();
      for (const stamp of ["one", "two"]) {
        const put = document("a", "walrus", {
          stamp,
          origin: "files",
          path: "b/c.md",
          version: "v",
          cut: true,
          bytes: 7,
        });
        await engine.put([put]);
        expect(engine.state("a")).toMatchObject({
          stamp,
          origin: "files",
          path: "b/c.md",
          version: "v",
          cut: true,
          bytes: 7,
        });
      }
    });

    test("without any section, or with empty ones, are documents", async () => {
      const engine = await filled(document("a", []), document("b", ""), document("c", [section(" \n"), section("")]));
      expect(engine.documents).toBe(3);
      expect(await engine.document("a")).toMatchObject({ id: "a", length: 0 });
      expect(await find(engine, "walrus")).toEqual([]);
      await engine.remove(["a", "b", "c"]);
      expect([engine.documents, engine.sections]).toEqual([0, 0]);
    });

    test("are given back as they were put, with their sections and what is beside them", async () => {
      const sections = [section("first", ["A"], "a"), section("second", ["A", "B"], "b"), section("third", [], "b~2")];
      const put = document("a.md", sections, { title: "T", type: "html", modified: 5, metadata: { tag: ["x", "y"] } });
      const engine = await filled(document("b.md", "other"), put);
      const { sections: _, ...known } = put;
      expect(await engine.document("a.md")).toEqual({ ...known, length: 3 });
      for (const [position, each] of sections.entries()) {
        const found = await engine.section(`a.md#${each.anchor}`);
        expect(found).toEqual({ ...each, id: `a.md#${each.anchor}`, position, document: { ...known, length: 3 } });
        expect(await engine.sectionAt("a.md", position)).toEqual(found);
      }
      for (const position of [-1, 3, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER])
        expect(await engine.sectionAt("a.md", position)).toBeUndefined();
      for (const id of ["a.md#", "a.md#c", "a.md##a", "#a", ""]) expect(await engine.section(id)).toBeUndefined();
    });

    test("ids, metadata and texts may be made of any characters", async () => {
      const strange = [
        "__proto__",
        "constructor",
        "toString",
        "a b",
        "ä/ö.md",
        "日本.md",
        "%23",
        "a\0b",
        "😀",
        "\ud800",
        " ",
      ];
      const put = strange.map((id) =>
        document(id, `walrus ${id}`, {
          metadata: Object.fromEntries([
            ["__proto__", [id]],
            ["constructor", [id]],
          ]),
        }),
      );
      const engine = await filled(...put);
      expect([...engine.ids()].toSorted()).toEqual(strange.toSorted());
      expect([...engine.fields()].toSorted()).toEqual(["__proto__", "constructor"]);
      expect((await find(engine, "walrus")).toSorted()).toEqual(strange.map((id) => `${id}#top`).toSorted());
      for (const id of strange) {
        expect((await engine.section(`${id}#top`))?.document.id).toBe(id);
        const fields = [{ field: "__proto__", value: id, excluded: false }];
        // White space, and what is no Unicode, cannot be told apart by a query.
        if (/^[a-z_]+$/.test(id)) expect(await find(engine, query("walrus", { fields }))).toEqual([`${id}#top`]);
      }
      await engine.remove(strange);
      expect(engine.documents).toBe(0);
      expect(engine.state("__proto__")).toBeUndefined();
      expect([...engine.fields()]).toEqual([]);
    });

    test("names of metadata are known as long as a document has them", async () => {
      const engine = await filled(document("a", "", { metadata: { tag: ["x"], author: ["y"] } }));
      await engine.put([document("b", "", { metadata: { tag: ["z"] } })]);
      await engine.remove(["a"]);
      expect([...engine.fields()]).toEqual(["tag"]);
      await engine.put([document("b", "", { metadata: {} })]);
      expect([...engine.fields()]).toEqual([]);
    });
  });

  describe(`${name}: generation`, () => {
    const [a, b, c] = [document("a", "walrus"), document("b", "ocelot"), document("c", "heron")];

    test("is the same for the same documents, whatever came before", async () => {
      const one = await filled(a, b, c);
      const other = await filled(c, document("a", "old"));
      await other.put([b]);
      await other.remove(["b"]);
      await other.put([b, a]);
      expect(other.generation).toBe(one.generation);
      await one.put([document("a", "walrus", { version: a.version, stamp: "later" })]);
      expect(other.generation).toBe(one.generation);
    });

    test("is another for other documents", async () => {
      const all = [[], [a], [b], [a, b], [a, b, c], [document("a", "other")], [{ ...a, id: "x", path: "x" }]];
      const seen = await Promise.all(all.map(async (documents) => (await filled(...documents)).generation));
      // The last has the version of the first document, and another id.
      expect(new Set(seen).size).toBe(all.length);
      for (const generation of seen) expect(generation).toMatch(/^[0-9a-f]{16}$/);
    });
  });

  describe(`${name}: finding`, () => {
    test("by a word in the text, the heading, those above, and the title", async () => {
      const engine = await filled(
        document("a", [section("walrus", ["Ocelot", "Heron"], "x")], { title: "Bobcat" }),
        document("b", "nothing of it"),
      );
      for (const word of ["walrus", "ocelot", "heron", "bobcat", "WALRUS", "Walrus"])
        expect(await find(engine, word)).toEqual(["a#x"]);
      for (const word of ["granite", "x"]) expect(await find(engine, word)).toEqual([]);
    });

    test("whatever the spelling of letters: case, accents, composition", async () => {
      const engine = await filled(document("a", "Zürich łódź ＷＩＤＥ"), document("b", "other"));
      for (const word of ["zurich", "ZÜRICH", "Zu\u0308rich", "lodz", "wide"])
        expect(await find(engine, word)).toEqual(["a#top"]);
    });

    test("a question in plain words finds what has some of them, and the more the better", async () => {
      const engine = await filled(
        document("a", "A walrus eats clams at noon."),
        document("b", "A walrus sleeps on the ice."),
        document("c", "Nobody knows."),
      );
      expect(await find(engine, "where do clams get eaten by a walrus in spring ?")).toEqual(["a#top", "b#top"]);
    });

    test("a rare word counts more than a frequent one", async () => {
      const many = Array.from({ length: 20 }, (_, index) => document(`m${index}`, "heron bobcat"));
      const engine = await filled(...many, document("z", "walrus bobcat"));
      expect((await find(engine, "heron walrus"))[0]).toBe("z#top");
    });

    test("a heading counts more than the text", async () => {
      const engine = await filled(
        document("a", [section("some walrus and more of it", ["Heron"], "x")]),
        document("b", [section("some heron and more of it", ["Walrus"], "x")]),
        document("c", [section("some other and more of it", ["Ocelot"], "x")]),
      );
      expect(await find(engine, "walrus")).toEqual(["b#x", "a#x"]);
    });

    test("phrases have to be there, their words one after the other", async () => {
      const engine = await filled(
        document("a", "the brown walrus sleeps"),
        document("b", "a walrus, brown, sleeps"),
        document("c", "brown and walrus"),
        document("d", "BROWN\nWalrus"),
      );
      const asked = (...phrases: string[]): Promise<string[]> => find(engine, query("", { phrases }));
      expect((await asked("brown walrus")).toSorted()).toEqual(["a#top", "d#top"]);
      expect(await asked("walrus brown")).toEqual(["b#top"]);
      expect(await asked("brown walrus", "walrus sleeps")).toEqual(["a#top"]);
      expect(await asked("brown walrus", "heron")).toEqual([]);
      expect((await asked("walrus")).toSorted()).toEqual(["a#top", "b#top", "c#top", "d#top"]);
      expect((await find(engine, query("sleeps", { phrases: ["brown walrus"] })))[0]).toBe("a#top");
    });

    test("phrases do not run over from one section or part into the next", async () => {
      const engine = await filled(
        document("a", [section("ends with brown", ["Heron", "Ocelot"], "x"), section("walrus begins", ["Lynx"], "y")]),
      );
      for (const phrase of ["brown walrus", "heron brown", "brown heron", "brown ocelot", "heron ocelot lynx"])
        expect(await find(engine, query("", { phrases: [phrase] }))).toEqual([]);
    });

    test("phrases are found in headings and titles", async () => {
      const engine = await filled(
        document("a", [section("text", ["Brown Walrus"], "x")], { title: "Grey Heron" }),
        document("b", [section("text", ["Walrus Brown"], "x")], { title: "Heron Grey" }),
      );
      for (const phrase of ["brown walrus", "grey heron"])
        expect(await find(engine, query("", { phrases: [phrase] }))).toEqual(["a#x"]);
    });

    test("what is excluded is left out: words, beginnings, phrases", async () => {
      const engine = await filled(
        document("a", "walrus bobcat"),
        document("b", "walrus heron"),
        document("c", "walrus ocelot sleeping"),
        document("d", "walrus sleeping ocelot"),
      );
      const without = async (...excluded: Query["excluded"]): Promise<string> =>
        (await find(engine, query("walrus", { excluded }))).map((id) => id[0]).join("");
      expect(await without({ text: "bobcat", prefix: false })).toBe("bcd");
      expect(await without({ text: "bob", prefix: false })).toBe("abcd");
      expect(await without({ text: "bob", prefix: true })).toBe("bcd");
      expect(await without({ phrase: "ocelot sleeping" })).toBe("abd");
      expect(await without({ text: "heron", prefix: false }, { phrase: "sleeping ocelot" })).toBe("ac");
      expect(await without({ text: "walrus", prefix: false })).toBe("");
    });

    test("a word by its beginning", async () => {
      const engine = await filled(document("a", "configuration"), document("b", "conflict"), document("c", "cone"));
      const beginning = async (text: string): Promise<string> =>
        (await find(engine, query("", { words: [{ text, prefix: true }] })))
          .map((id) => id[0] ?? "")
          .toSorted()
          .join("");
      expect(await beginning("conf")).toBe("ab");
      expect(await beginning("CONFIG")).toBe("a");
      expect(await beginning("con")).toBe("abc");
      expect(await beginning("conx")).toBe("");
    });

    test("fields hold for the document or the section, each by its own rule", async () => {
      const engine = await filled(
        document("docs/a.md", [section("walrus", ["Brown Heron"], "x"), section("walrus", ["Lynx"], "y")], {
          title: "Arctic Guide",
          metadata: { tag: ["draft", "Big Cats"], author: ["Ana"] },
        }),
        document("notes/b.html", [section("walrus", ["Heron"], "x")], {
          title: "Guide",
          type: "html",
          metadata: { tag: ["done"] },
        }),
      );
      const with_ = async (field: string, value: string, excluded = false): Promise<string[]> =>
        (await find(engine, query("walrus", { fields: [{ field, value, excluded }] }))).toSorted();
      const [ax, ay, b] = ["docs/a.md#x", "docs/a.md#y", "notes/b.html#x"];
      expect(await with_("title", "guide")).toEqual([ax, ay, b]);
      expect(await with_("title", "arctic")).toEqual([ax, ay]);
      expect(await with_("title", "arctic guide")).toEqual([ax, ay]);
      expect(await with_("title", "arctic", true)).toEqual([b]);
      expect(await with_("heading", "heron")).toEqual([ax, b]);
      expect(await with_("heading", "brown heron")).toEqual([ax]);
      expect(await with_("heading", "heron", true)).toEqual([ay]);
      expect(await with_("path", "docs/**")).toEqual([ax, ay]);
      expect(await with_("path", "docs")).toEqual([ax, ay]);
      expect(await with_("path", "docs/")).toEqual([ax, ay]);
      expect(await with_("path", "*.html")).toEqual([b]);
      expect(await with_("path", "docs/**", true)).toEqual([b]);
      expect(await with_("type", "html")).toEqual([b]);
      expect(await with_("type", "html", true)).toEqual([ax, ay]);
      expect(await with_("tag", "draft")).toEqual([ax, ay]);
      expect(await with_("tag", "DRAFT")).toEqual([ax, ay]);
      expect(await with_("tag", "big cats")).toEqual([ax, ay]);
      expect(await with_("tag", "draft", true)).toEqual([b]);
      expect(await with_("author", "ana")).toEqual([ax, ay]);
      for (const field of ["tag", "nothing", "__proto__", "constructor"])
        expect(await with_(field, "heron")).toEqual([]);
    });

    test("fields alone give all that they hold for", async () => {
      const engine = await filled(
        document("a", "walrus", { metadata: { tag: ["draft"] } }),
        document("b", "ocelot", { metadata: { tag: ["draft"] } }),
        document("c", "heron"),
      );
      const fields = [{ field: "tag", value: "draft", excluded: false }];
      const { total, hits, terms } = await engine.search({ query: query("", { fields }), count: 10 });
      expect(total).toBe(2);
      expect(hits.map(({ id }) => id)).toEqual(["a#top", "b#top"]);
      for (const { score } of hits) expect(score).toBeGreaterThan(0);
      expect(terms).toBe("all");
    });

    test("with nothing to look for there is nothing to find", async () => {
      const engine = await filled(document("a", "walrus"));
      for (const asked of ["", "?", "… — !"])
        expect(await engine.search({ query: query(asked), count: 10 })).toMatchObject({
          total: 0,
          hits: [],
          terms: "none",
        });
      expect(await engine.search({ query: query("walrus"), count: 10 })).toMatchObject({ total: 1, terms: "all" });
    });

    test("tells the words that were found", async () => {
      const engine = await filled(document("a", "The Walrus and a Zürich conflict"), document("b", "heron"));
      const words = [
        { text: "WALRUS", prefix: false },
        { text: "zürich", prefix: false },
        { text: "conf", prefix: true },
      ];
      const { forms } = await engine.search({ query: query("", { words }), count: 10 });
      for (const form of ["walrus", "zurich", "conflict"]) expect(forms).toContain(form);
      for (const form of ["heron", "and"]) expect(forms).not.toContain(form);
    });
  });

  describe(`${name}: filters and order`, () => {
    const day = (modified: number, path: string, type = "markdown"): IndexDocument =>
      document(path, "walrus", { modified, type });

    test("filters hold before ranking, and for the total", async () => {
      const engine = await filled(
        day(1_000, "docs/a.md"),
        day(2_000, "docs/deep/b.html", "html"),
        day(3_000, "Other/c.md"),
        day(4_000, "other/docs.md"),
      );
      const by = async (filter: object, count = 10): Promise<unknown[]> => {
        const { total, hits } = await engine.search({ query: query("walrus"), filter, count });
        return [total, ...hits.map(({ id }) => id.replace("#top", ""))];
      };
      expect(await by({ path: "docs/**" })).toEqual([2, "docs/a.md", "docs/deep/b.html"]);
      expect(await by({ path: "docs/**" }, 1)).toEqual([2, "docs/a.md"]);
      expect(await by({ path: "docs" })).toEqual([2, "docs/a.md", "docs/deep/b.html"]);
      expect(await by({ path: "docs/deep/" })).toEqual([1, "docs/deep/b.html"]);
      expect(await by({ path: "other" })).toEqual([2, "Other/c.md", "other/docs.md"]);
      expect(await by({ path: "*.md" })).toEqual([3, "Other/c.md", "docs/a.md", "other/docs.md"]);
      expect(await by({ path: "docs/*.md" })).toEqual([1, "docs/a.md"]);
      expect(await by({ type: "html" })).toEqual([1, "docs/deep/b.html"]);
      expect(await by({ type: "nothing" })).toEqual([0]);
      expect(await by({ since: 3_000 })).toEqual([2, "Other/c.md", "other/docs.md"]);
      expect(await by({ since: 4_001 })).toEqual([0]);
      expect(await by({ path: "docs/**", type: "markdown", since: 500 })).toEqual([1, "docs/a.md"]);
      const similar = await engine.similar("other/docs.md", { filter: { path: "docs/**" }, count: 1 });
      expect(similar).toMatchObject({ total: 2, hits: [{ id: "docs/a.md#top" }] });
    });

    test("the last changed first, if that is asked for", async () => {
      const engine = await filled(day(2_000, "b"), day(3_000, "a"), day(1_000, "c"), day(3_000, "0"));
      const { hits, total } = await engine.search({ query: query("walrus"), sort: "modified", count: 3 });
      expect(hits.map(({ id }) => id)).toEqual(["0#top", "a#top", "b#top"]);
      expect(total).toBe(4);
    });

    test("equals come in the order of ids and places, whatever the order they came in", async () => {
      const ids = ["10", "9", "B", "a", "a.b", "b", "ä", "é"];
      const same = ids.map((id) =>
        document(id, [section("walrus", [], "z"), section("walrus", [], "a"), section("walrus", [], "m")], {
          // File names rank too.
          path: "same.md",
        }),
      );
      const expected = ids.toSorted(compare).flatMap((id) => [`${id}#z`, `${id}#a`, `${id}#m`]);
      const engine = await filled(...same.toReversed());
      expect(await find(engine, "walrus")).toEqual(expected);
      await engine.remove(["a"]);
      await engine.put(same.filter(({ id }) => id === "a"));
      expect(await find(engine, "walrus")).toEqual(expected);
      for (const count of [1, 4, 7]) expect(await find(engine, "walrus", { count })).toEqual(expected.slice(0, count));
    });

    test("as many as wanted, from none to more than there are, with one total", async () => {
      const many = Array.from({ length: 30 }, (_, index) =>
        document(`${index}`, `walrus ${"filler ".repeat(index % 4)}`),
      );
      const engine = await filled(...many);
      const all = await find(engine, "walrus");
      expect(all).toHaveLength(30);
      for (const count of [0, 1, 2, 29, 30, 31, 1e6, Number.MAX_SAFE_INTEGER]) {
        const { hits, total } = await engine.search({ query: query("walrus"), count });
        expect(total).toBe(30);
        expect(hits.map(({ id }) => id)).toEqual(all.slice(0, count));
        for (const [index, { score }] of hits.entries()) {
          expect(Number.isFinite(score) && score > 0).toBe(true);
          expect(score).toBe(Math.round(score * 1e4) / 1e4);
          expect(score).toBeLessThanOrEqual(hits[index - 1]?.score ?? Infinity);
        }
      }
    });
  });

  describe(`${name}: similar`, () => {
    test("finds what is like a section or a document, without itself", async () => {
      const engine = await filled(
        document("a", [section("walrus ocelot heron", ["Lynx"], "x"), section("granite basalt", [], "y")]),
        document("b", "walrus ocelot heron bobcat"),
        document("c", "walrus and granite"),
        document("d", "quartz"),
      );
      const like = async (id: string): Promise<string[] | undefined> =>
        (await engine.similar(id, { count: 10 }))?.hits.map((hit) => hit.id);
      const section_ = await like("a#x");
      expect(section_?.[0]).toBe("b#top");
      expect(section_).not.toContain("a#x");
      expect(section_).not.toContain("d#top");
      expect((await like("a#y"))?.[0]).toBe("c#top");
      const document_ = await like("a");
      expect(document_?.toSorted()).toEqual(["b#top", "c#top"]);
      expect(await like("d")).toEqual([]);
      for (const id of ["e", "a#z", "", "#", "a#"]) expect(await like(id)).toBeUndefined();
      expect((await engine.similar("a", { count: 1 }))?.total).toBe(2);
    });
  });

  describe(`${name}: all at the same time`, () => {
    const numbered = (number: number): IndexDocument =>
      document(
        "a",
        [0, 1, 2, 3].map((place) => section(`walrus${number} walrus`, [], `s${place}`)),
        { version: `${number}` },
      );

    test("nobody finds half a document while it is replaced", async () => {
      const engine = await filled(numbered(0));
      let over = false;
      const putting = (async () => {
        for (let number = 1; number <= 40; number += 1)
          await engine.put([numbered(number), document(`o${number}`, "heron")]);
        over = true;
      })();
      let looks = 0;
      while (!over) {
        const { hits, total } = await engine.search({ query: query("walrus"), count: 10 });
        expect([total, hits.length]).toEqual([4, 4]);
        looks += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
      await putting;
      expect(looks).toBeGreaterThan(0);
      expect(await find(engine, "walrus40")).toHaveLength(4);
    });

    test("changes are made in the order in which they were asked for", async () => {
      const engine = await filled();
      const calls: Promise<void>[] = [];
      for (let number = 0; number < 30; number += 1) {
        calls.push(engine.put([numbered(number)]));
        if (number % 3 === 0) calls.push(engine.remove(["a"]));
      }
      await Promise.all(calls);
      expect(await find(engine, "walrus29")).toHaveLength(4);
      expect(engine.sections).toBe(4);
    });

    test("an aborted put leaves whole documents only, and the engine as good as before", async () => {
      const engine = await filled(document("kept", "ocelot"));
      const many = Array.from({ length: 50 }, (_, index) =>
        document(`d${index}`, [section("walrus", [], "x"), section("walrus", [], "y")]),
      );
      const controller = new AbortController();
      const putting = engine.put(many, controller.signal);
      controller.abort(new Error("enough"));
      await putting.catch((error: unknown) => expect(error).toEqual(new Error("enough")));
      const found = await find(engine, "walrus");
      expect(found).toHaveLength(2 * (engine.documents - 1));
      expect(found).toHaveLength(engine.sections - 1);
      expect(await find(engine, "ocelot")).toEqual(["kept#top"]);
      await expect(engine.put(many, AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
      await engine.put(many);
      expect(await find(engine, "walrus")).toHaveLength(100);
    });

    test("a search that was cancelled ends with the reason", async () => {
      const engine = await filled(document("a", "walrus"));
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(engine.search({ query: query("walrus"), count: 1 }, signal)).rejects.toThrow("enough");
      await expect(engine.similar("a", { count: 1 }, signal)).rejects.toThrow("enough");
    });

    test("closing twice is closing once", async () => {
      const engine = await make();
      await engine.put([document("a", "walrus")]);
      await Promise.all([engine.close(), engine.close()]);
      await engine.close();
    });
  });

  describe(`${name}: anything at all`, () => {
    test("queries of 10 kB, and of signs", async () => {
      const engine = await filled(document("a", "walrus"), document("b", "x".repeat(10_000)), document("c", "a\0b"));
      const long = [
        "walrus ".repeat(1_500),
        "x".repeat(10_000),
        "w* ".repeat(3_000),
        "\0".repeat(10_000),
        "日本".repeat(5_000),
      ];
      for (const asked of [...long, "\ud800", "__proto__ constructor", "a\0b", "(*[{", "\\", "walrus \u202e \ufeff"]) {
        const { hits, total } = await engine.search({ query: query(asked), count: 10 });
        expect(total).toBeGreaterThanOrEqual(hits.length);
        for (const prefix of [asked, asked.slice(0, 100)])
          await engine.search({
            query: query("", { words: [{ text: prefix, prefix: true }], phrases: [asked] }),
            count: 10,
          });
      }
      expect(await find(engine, "walrus \u202e \ufeff")).toContain("a#top");
    });

    const letters = fc.string({
      unit: fc.constantFrom(..."ab-. \0*é日本คก😀\u0301__proto__'\"#:/\\(".split("")),
      maxLength: 12,
    });
    const word = fc.record({ text: letters, prefix: fc.boolean() });
    const anyQuery: fc.Arbitrary<Query> = fc.record({
      words: fc.array(word, { maxLength: 4 }),
      phrases: fc.array(letters, { maxLength: 2 }),
      excluded: fc.array(fc.oneof(word, fc.record({ phrase: letters })), { maxLength: 2 }),
      fields: fc.array(
        fc.record({
          field: fc.constantFrom("title", "heading", "path", "type", "lang", "tag", "__proto__", "none"),
          value: letters.filter((value) => value !== ""),
          excluded: fc.boolean(),
        }),
        { maxLength: 2 },
      ),
      notices: fc.constant([]),
    });

    test("no query throws, and every answer is in order", async () => {
      const engine = await filled(
        document("a", "a-b ab é 日本 คก", { title: "ab", metadata: { tag: ["a", "日本"] } }),
        document("b", [section("b", ["a", "b"], "x"), section("", ["é"], "y")]),
        document("__proto__", "__proto__ \0 😀"),
      );
      const anyRequest = fc.record({
        query: anyQuery,
        count: fc.integer({ min: 0, max: 5 }),
        filter: fc.option(fc.record({ path: letters, since: fc.integer() }, { requiredKeys: [] }), { nil: undefined }),
        sort: fc.constantFrom("relevance" as const, "modified" as const, undefined),
      });
      await fc.assert(
        fc.asyncProperty(anyRequest, async (request) => {
          const { hits, total, terms } = await engine.search(request);
          expect(hits.length).toBe(Math.min(total, request.count));
          expect(new Set(hits.map(({ id }) => id)).size).toBe(hits.length);
          for (const { id, score } of hits) {
            expect(score).toBeGreaterThan(0);
            expect(await engine.section(id)).toBeDefined();
          }
          if (terms === "none") expect(total).toBe(0);
        }),
        { numRuns: 150 },
      );
    });

    const vocabulary = ["walrus", "ocelot", "heron", "bobcat", "granite", "basalt", "zürich", "日本語"];
    const text = fc.array(fc.constantFrom(...vocabulary), { maxLength: 8 }).map((words) => words.join(" "));
    const anyDocument = fc
      .record({
        id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
        texts: fc.array(text, { maxLength: 3 }),
        title: text,
        modified: fc.nat(3),
        tags: fc.array(fc.constantFrom("draft", "done"), { maxLength: 2 }),
      })
      .map(({ id, texts, title, modified, tags }) =>
        document(
          id,
          texts.map((each, place) => section(each, place > 0 ? [each.split(" ")[0] ?? "x"] : [], `s${place}`)),
          { title, modified, ...(tags.length > 0 && { metadata: { tag: tags } }) },
        ),
      );
    const edit = fc.oneof(
      fc.record({ put: fc.array(anyDocument, { maxLength: 4 }) }),
      fc.record({ remove: fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f"), { maxLength: 3 }) }),
      fc.constant({ commit: true }),
    );

    test("after any edits it answers as one that was filled afresh", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { maxLength: 12 }), async (edits) => {
          const [edited, fresh] = await Promise.all([make(), make()]);
          try {
            const expected = new Map<string, IndexDocument>();
            for (const each of edits) {
              if ("put" in each) {
                await edited.put(each.put);
                for (const put of each.put) expected.set(put.id, put);
              } else if ("remove" in each) {
                await edited.remove(each.remove);
                for (const id of each.remove) expected.delete(id);
              } else await edited.commit();
            }
            await fresh.put([...expected.values()]);
            await same(edited, fresh);
            expect([...edited.ids()].toSorted()).toEqual([...expected.keys()].toSorted());
          } finally {
            await Promise.all([edited.close(), fresh.close()]);
          }
        }),
        { numRuns: 25 },
      );
    });

    async function same(one: Engine, other: Engine): Promise<void> {
      const facts = (engine: Engine): unknown[] => [
        [engine.documents, engine.sections, engine.bytes, engine.generation],
        [...engine.fields()].toSorted(),
      ];
      expect(facts(one)).toEqual(facts(other));
      const fields = [{ field: "tag", value: "draft", excluded: false }];
      const queries = [
        ...vocabulary.map((each) => query(each)),
        query(vocabulary.join(" ")),
        query("walrus", { fields }),
        query("heron ocelot", { excluded: [{ text: "granite", prefix: false }] }),
        query("", { phrases: ["walrus ocelot"] }),
        query("", { words: [{ text: "b", prefix: true }] }),
      ];
      for (const asked of queries)
        for (const sort of ["relevance", "modified"] as const) {
          const request = { query: asked, sort, count: 5 };
          expect(await one.search(request)).toEqual(await other.search(request));
        }
      for (const id of one.ids()) {
        expect(await one.document(id)).toEqual(await other.document(id));
        expect(await one.sectionAt(id, 0)).toEqual(await other.sectionAt(id, 0));
        expect(await one.similar(id, { count: 5 })).toEqual(await other.similar(id, { count: 5 }));
      }
    }
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
