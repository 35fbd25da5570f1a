import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { listResources, Lookout, resourceText } from "../../src/tools/resources.ts";
import { resourceUrl } from "../../src/documents/ids.ts";
import { document } from "../engine/make.ts";
import { naiveEngine } from "../engine/naive.ts";
import { tools } from "./service.ts";

describe("the URI of a document", () => {
  test.each([
    ["docs/a b.md", "search:///docs/a%20b.md"],
    ["a%23b?c#d", "search:///a%2523b%3Fc%23d"],
    ["猫/é", "search:///%E7%8C%AB/%C3%A9"],
  ])("%s", (id, uri) => {
    expect(resourceUrl("search", id)).toBe(uri);
  });

  test("leads back to its id, through what a server makes of it", () => {
    const id = fc.string({ unit: "grapheme", minLength: 1 });
    fc.assert(
      fc.property(id, (text) => {
        const { href } = new URL(resourceUrl("search", text));
        fc.pre(!text.split("/").some((step) => step === "." || step === ".."));
        expect(decodeURIComponent(href.slice("search:///".length))).toBe(text);
      }),
    );
  });
});

describe("the list", () => {
  test("has the first 200 documents by their ids", async () => {
    const engine = naiveEngine();
    const ids = Array.from({ length: 700 }, (_, index) => `d${String((index * 37) % 700).padStart(3, "0")}.md`);
    await engine.put(ids.map((id) => document(id, "text", { title: `Title of ${id}` })));
    const listed = await listResources(engine, "handbook");
    expect(listed.map(({ name }) => name)).toEqual(ids.toSorted().slice(0, 200));
    expect(listed[0]).toEqual({
      uri: "handbook:///d000.md",
      name: "d000.md",
      title: "Title of d000.md",
      mimeType: "text/plain",
    });
  });

  test("leaves out what no URI leads to", async () => {
    const engine = naiveEngine();
    await engine.put([document("a/../b", "text"), document("a", "text")]);
    expect((await listResources(engine, "search")).map(({ name }) => name)).toEqual(["a"]);
    expect(await listResources(naiveEngine(), "search")).toEqual([]);
  });
});

test("the text of a document that does not fit says how to go on", async () => {
  const { service } = await tools([document("a", "short")]);
  expect(resourceText(await service.fetch({ id: "a" }, {}), "fetch")).toBe("short");
  const long = { id: "a", title: "", text: "begins", url: "", metadata: { next_cursor: "abc" } as never };
  expect(resourceText(long, "fetch")).toBe(
    'begins\n\n[The text goes on: call the tool fetch with the id "a" and the cursor "abc".]',
  );
});

test("who subscribes in the moment in which the last one has left is looked for as well", async () => {
  const answers = [true, false, true, false];
  let looks = 0;
  const resource = {
    isWanted(): boolean {
      const wanted = answers.shift() ?? false;
      if (!wanted && answers.length > 0) queueMicrotask(() => lookout.wake());
      return wanted;
    },
  };
  const look = async (): Promise<void> => void (looks += 1);
  const lookout = new Lookout(look, 0, resource, new AbortController().signal);
  lookout.wake();
  await vi.waitUntil(() => answers.length === 0);
  expect(looks).toBe(2);
});
