import { setImmediate as nextTurn } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { localEngine } from "../../src/engine/local.ts";
import type { Engine, IndexDocument } from "../../src/engine/types.ts";
import { document, find, query, section } from "./make.ts";
import { engineSuite } from "./suite.ts";

engineSuite("the local engine", () => localEngine());

async function filled(...documents: readonly IndexDocument[]): Promise<Engine> {
  const engine = await localEngine();
  onTestFinished(() => engine.close());
  await engine.put(documents);
  return engine;
}

test("words are found by their stem, the documents' language deciding", async () => {
  const german = "Die Häuser in der Stadt sind alt, und die Straßen sind nicht breit. Man sieht sie von dem Berg aus.";
  const engine = await filled(
    document("en", "The runner was running over the hills, and they ran with the others until it was dark."),
    document("de", german),
  );
  expect(await find(engine, "runs")).toEqual(["en#top"]);
  expect(await find(engine, "haus")).toEqual(["de#top"]);
  expect(await find(engine, "HÄUSERN")).toEqual(["de#top"]);
  expect((await engine.search({ query: query("runs"), count: 1 })).forms).toEqual(new Set(["running"]));
});

test("stop words count only where there is nothing else", async () => {
  const engine = await filled(document("a", "To be or not to be"), document("b", "The answer is in the index"));
  expect(await find(engine, "what is the index")).toEqual(["b#top"]);
  expect(await find(engine, "to be or not to be")).toContain("a#top");
});

test("the section whose title is the query comes first, however often others say it", async () => {
  const often = "Getting started, getting started, getting started with getting started. ".repeat(3);
  const engine = await filled(
    document("often", [section(often, ["Notes about getting started"], "notes")], { title: "Notes" }),
    document(
      "titled",
      [section("Install it, then run it.".repeat(20), ["Guide", "Getting started"], "getting-started")],
      { title: "Guide" },
    ),
  );
  expect((await find(engine, "getting started"))[0]).toBe("titled#getting-started");
  expect((await find(engine, "Getting Started"))[0]).toBe("titled#getting-started");
});

test("a misspelt word is looked for as it was most likely meant, only where it stands nowhere", async () => {
  const engine = await filled(
    document("a", "Configuration of the server"),
    document("b", "The configuraton, misspelt as it is, is found where it stands"),
    document("c", "Zebras graze"),
  );
  const asked = async (words: string): Promise<[string, string][]> => [
    ...(await engine.search({ query: query(words), count: 5 })).corrections,
  ];
  expect(await asked("zbera")).toEqual([]);
  expect(await asked("zebrs")).toEqual([["zebrs", "zebras"]]);
  expect(await asked("ezbras")).toEqual([["ezbras", "zebras"]]);
  expect(await find(engine, "zebrs")).toEqual(["c#top"]);
  expect(await asked("cnfigurtion")).toEqual([["cnfigurtion", "configuration"]]);
  expect(await asked("configuraton")).toEqual([]);
  expect(await asked("E11000")).toEqual([]);
  expect(await asked("zbr")).toEqual([]);
});

test("what has left is no spelling of anything", async () => {
  const engine = await filled(document("a", "Zebras graze"), document("b", "A lion sleeps"));
  await engine.remove(["a"]);
  expect((await engine.search({ query: query("zebrs"), count: 5 })).corrections.size).toBe(0);
});

test("a long question prefers what shares words with its best answers, and finds nothing without its own", async () => {
  const engine = await filled(
    document(
      "best",
      "Engines overheat when coolant runs low; check radiator, thermostat and pump of overheating engines.",
    ),
    document("kin", "A mechanic looks at overheating with thermostat, radiator, coolant and pump in mind."),
    document("other", "An actor speaks of overheating debates, theatre, costumes and stage in mind."),
    document("stranger", "Thermostat, radiator, coolant, pump."),
  );
  const asked = "which mechanical engines overheat check overheating low today somewhere";
  const found = await find(engine, asked);
  expect(found.indexOf("kin#top")).toBeLessThan(found.indexOf("other#top"));
  expect(found).toContain("other#top");
  expect(found).not.toContain("stranger#top");
});

test("quotation marks in a long sentence are emphasis; among few words they say what has to be there", async () => {
  const engine = await filled(
    document("a", "The cold index of libraries"),
    document("b", "Libraries have a cold room"),
  );
  const phrases = ["cold index"];
  expect(await find(engine, query("libraries", { phrases }))).toEqual(["a#top"]);
  expect(await find(engine, query("libraries rooms keep many books that people borrow", { phrases }))).toHaveLength(2);
});

test("code is found whole and in parts, and phrases by either", async () => {
  const engine = await filled(
    document("a", "Call `parseHtmlFile(path)` or set snake_case_name; error ERR_MODULE_NOT_FOUND."),
  );
  for (const each of [
    "parseHtmlFile",
    "parsehtmlfile",
    "html",
    "snake_case_name",
    "snake",
    "ERR_MODULE_NOT_FOUND",
    "module",
  ])
    expect(await find(engine, each), each).toEqual(["a#top"]);
  expect(await find(engine, query("", { phrases: ["snake case name"] }))).toEqual(["a#top"]);
  expect(await find(engine, query("", { phrases: ["case snake"] }))).toEqual([]);
});

test("much at once goes through the thread and is found like what came alone", async () => {
  const texts = Array.from({ length: 200 }, (_, at) => `Entry ${at} about ${"walrus otter ".repeat(40)} number${at}`);
  const documents = texts.map((text, at) => document(`d${at}`, text));
  const [bulk, single] = [await filled(...documents), await filled()];
  for (let at = 0; at < documents.length; at += 20) await single.put(documents.slice(at, at + 20));
  for (const each of ["walrus", "number77", "entry 12"]) {
    const request = { query: query(each), count: 10 };
    expect(await bulk.search(request)).toEqual(await single.search(request));
  }
  expect(bulk.generation).toBe(single.generation);
});

test("puts share a thread, also after one that was aborted, and a thread that ends between them is replaced", async () => {
  const started: Worker[] = [];
  const onWorker = (worker: Worker): void => void started.push(worker);
  process.on("worker", onWorker);
  onTestFinished(() => void process.off("worker", onWorker));
  const engine = await filled();
  const documents = Array.from({ length: 600 }, (_, at) => document(`d${at}`, `walrus${at} `.repeat(100)));
  const aborter = new AbortController();
  const put = engine.put(documents, aborter.signal);
  setImmediate(() => aborter.abort(new Error("enough")));
  await expect(put).rejects.toThrow("enough");
  const large = (id: string): IndexDocument => document(id, `otter ${id} `.repeat(10_000));
  await engine.put([large("a")]);
  expect(started).toHaveLength(1);
  await started[0]?.terminate();
  await engine.put([large("b")]);
  expect(started).toHaveLength(2);
  expect(await find(engine, "otter")).toEqual(["a#top", "b#top"]);
});

test("closing ends a put that is under way, and what comes later fails", async () => {
  const engine = await filled();
  const documents = Array.from({ length: 600 }, (_, at) => document(`d${at}`, `walrus${at} `.repeat(100)));
  const put = engine.put(documents);
  const ended = expect(put).rejects.toThrow();
  await engine.close();
  await ended;
  await expect(engine.put([document("a", "late")])).rejects.toThrow("closed");
});

test("many small changes are put together again, and answers stay those of a fresh index", async () => {
  const [worn, fresh] = [await filled(), await filled()];
  const last = new Map<string, IndexDocument>();
  for (let round = 0; round < 150; round += 1) {
    const made = document(
      `d${(round * 7) % 40}`,
      `Edition ${round} tells of walrus ${round % 3} and otter ${"x".repeat(round)}`,
    );
    last.set(made.id, made);
    await worn.put([made]);
    if (round % 9 === 0) {
      await worn.remove([`d${round % 40}`]);
      last.delete(`d${round % 40}`);
    }
  }
  await fresh.put([...last.values()]);
  for (const each of ["walrus", "edition 12", "otter 2", "tells of walrus 1 and otter edition beside"]) {
    const request = { query: query(each), count: 50 };
    expect(await worn.search(request)).toEqual(await fresh.search(request));
  }
});

test.each([0, 1, 2, 3, 5, 10])(
  "documents that leave %i turns after their segment began to be rewritten leave nothing behind",
  async (turns) => {
    const engine = await filled();
    const documents = Array.from({ length: 10 }, (_, at) => document(`d${at}`, `walrus${at} `.repeat(600)));
    await engine.put(documents);
    await engine.remove(documents.slice(0, 5).map(({ id }) => id));
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    await engine.remove(documents.slice(5).map(({ id }) => id));
    await engine.put([document("a", "otter")]);
    // As long as it takes to put together what is there, and once more.
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    expect(await find(engine, "otter")).toEqual(["a#top"]);
    expect(await find(engine, "walrus7")).toEqual([]);
    expect(engine.documents).toBe(1);
  },
);

test("conditions that are given many times over are one condition", async () => {
  const engine = await filled(...Array.from({ length: 50 }, (_, at) => document(`d${at}`, `word1 word2 number${at}`)));
  const repeated = query("", { phrases: Array.from({ length: 16 }, () => "word1 word2") });
  expect(await find(engine, repeated)).toEqual(await find(engine, query("", { phrases: ["word1 word2"] })));
});

test("a name of many parts is no question: what the best answers have in common does not count", async () => {
  const engine = await filled(
    ...Array.from({ length: 10 }, (_, at) => document(`named${at}`, "walk_fast_big_red_dog kennel")),
    document("common", "walk fast kennel kennel kennel kennel"),
    document("short", "walk fast"),
  );
  const order = async (asked: string): Promise<string[]> =>
    (await find(engine, asked)).filter((id) => !id.startsWith("named"));
  expect(await order("walk_fast_big_red_dog")).toEqual(["short#top", "common#top"]);
  expect(await order("walk fast big red dog")).toEqual(["common#top", "short#top"]);
});

test("of many documents with the same score the first by id come first", async () => {
  const ids = Array.from({ length: 200 }, (_, at) => `d${(at * 7_919) % 200}`);
  const engine = await filled(...ids.map((id) => document(id, "word")));
  const { total, hits } = await engine.search({ query: query("word"), count: 20 });
  expect(total).toBe(200);
  expect(hits.map(({ id }) => id)).toEqual(
    ids
      .toSorted()
      .map((id) => `${id}#top`)
      .slice(0, 20),
  );
});

test("what comes hundreds of times in a section is found, and phrases with it", async () => {
  const engine = await filled(
    document("often", `${"echo ".repeat(600)}chamber`),
    document("many", `${"echo ".repeat(255)}room`),
    document("other", "chamber echo"),
  );
  expect((await find(engine, "echo")).length).toBe(3);
  expect(await find(engine, query("", { phrases: ["echo chamber"] }))).toEqual(["often#top"]);
  expect(await find(engine, query("", { phrases: ["echo room"] }))).toEqual(["many#top"]);
  expect(await find(engine, query("", { phrases: ["chamber echo"] }))).toEqual(["other#top"]);
});

test("a document of more than 65,536 sections is found to its end", async () => {
  const sections = Array.from({ length: 65_600 }, (_, at) => section(at > 65_590 ? "last" : "", [], `s${at}`));
  const engine = await filled(document("huge", sections));
  const found = await find(engine, "last");
  expect(found).toEqual(Array.from({ length: 9 }, (_, at) => `huge#s${65_591 + at}`));
});
