import { setTimeout as delay } from "node:timers/promises";
import { following } from "./logs-scene.ts";
import { asking, editing, sharing } from "./search-scenes.ts";
import { guarding } from "./server-scene.ts";
import { check, type Scene } from "./stage.ts";
import type { Transcript } from "./transcript.ts";

const mistakes: Scene = {
  plugin: "core",
  title: "core: an error says what to do next",
  async run({ transcript, client }) {
    const { isError, text } = await transcript.call(client, "fetch", { id: "no/such/document.md" });
    check(isError, "an unknown id was no error");
    transcript.quote(text);
  },
};

const budget: Scene = {
  plugin: "core",
  title: "core: over stdio, with a budget of 1,000 characters, a long result is cut to whole items, and says so",
  async run({ transcript, connectStdio, folder, question }) {
    const client = await connectStdio({ core: { maxChars: 1000 }, search: { roots: [folder] } });
    const { tools } = await client.listTools();
    transcript.say(`  Its tools: ${tools.map(({ name }) => name).join(", ")}`);
    const { text, data } = await transcript.call(client, "search", { query: question, limit: 20 });
    const notice = text.split("\n").at(-1) ?? "";
    const results = (data?.["results"] ?? []) as { title: string }[];
    for (const [index, { title }] of results.entries()) transcript.say(`  ${index + 1}. ${title}`);
    const cut = notice.startsWith("[Cut");
    check(results.length > 0 && (cut || text.length <= 1000), "the result was not cut");
    transcript.quote(cut ? notice : "[There was nothing to cut.]");
    await client.close();
  },
};

const together: Scene = {
  plugin: "batch",
  title: "batch and progress: many calls in one, a slot for each, and a bar for the person who waits",
  async run({ transcript, client, question }) {
    const words = [...new Set(question.split(/\W+/).filter((word) => word.length > 2))];
    const calls = [...words, question].map((query) => ({ tool: "search", arguments: { query, limit: 1 } }));
    calls.push({ tool: "search", arguments: { query: question, limit: -1 } });
    const args = { calls, concurrency: 2 };
    const { data } = await transcript.call(client, "batch", args, (progress) => transcript.bar(progress));
    const results = (data?.["results"] ?? []) as { index: number; ok: boolean; error?: string; duration_ms: number }[];
    check(results.length === calls.length, "the batch has not one slot for each call");
    for (const { index, ok, error, duration_ms: ms } of results) {
      transcript.say(`  [${index}] ${ok ? `ok in ${ms} ms` : "failed"}: ${calls[index]?.arguments.query ?? ""}`);
      if (error !== undefined) transcript.quote(error, 1);
    }
    check(data?.["succeeded"] === calls.length - 1 && data["failed"] === 1, "a call that is wrong spoilt others");
  },
};

const CACHE = "dev.plugboard/cache";
const LIMIT = "dev.plugboard/ratelimit";

const caching: Scene = {
  plugin: "cache",
  title: "cache: the second call is answered at once, and an old answer while a new one is fetched",
  async run({ transcript, client }) {
    const ask = async (expected: string): Promise<void> => {
      const { text, meta } = await transcript.call(client, "forecast", { city: "Oslo" });
      transcript.say(`  ${String(meta[CACHE]?.["status"])}, ${String(meta[CACHE]?.["ageMs"])} ms old: ${text}`);
      check(meta[CACHE]?.["status"] === expected, `the cache did not give a ${expected}`);
    };
    await ask("miss");
    await ask("hit");
    await delay(500);
    await ask("stale");
    await delay(250);
    await ask("hit");
  },
};

const limiting: Scene = {
  plugin: "ratelimit",
  title: "ratelimit: a call waits in line for its turn, and one that would wait for too long is told when to come back",
  async run({ transcript, connect }) {
    // Each caller has a limit of its own: this one has used nothing of it.
    const client = await connect();
    const ask = (city: string): ReturnType<Transcript["call"]> =>
      transcript.call(client, "forecast", { city }, (progress) =>
        transcript.say(`  ${city}: ${progress.message ?? ""}`),
      );
    for (const city of ["Oslo", "Rome", "Bern"]) {
      const { meta } = await ask(city);
      transcript.say(`  ${String(meta[LIMIT]?.["remaining"])} left`);
    }
    const [, , refused] = await Promise.all([ask("Riga"), ask("Cork"), ask("Lyon"), ask("Faro")]);
    check(refused?.isError === true, "no call was refused");
    transcript.quote(refused?.text ?? "");
    await delay(Number(refused?.meta[LIMIT]?.["retryAfterMs"]));
    const { isError } = await ask("Lyon");
    check(!isError, "a call that came back when it was told to was refused");
    await client.close();
  },
};

/** The demonstration, in its order. */
export const scenes: readonly Scene[] = [
  asking,
  editing,
  sharing,
  together,
  caching,
  limiting,
  following,
  guarding,
  mistakes,
  budget,
];
