import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { check, type Scene } from "./stage.ts";
import type { Outcome, Transcript } from "./transcript.ts";

interface Hit {
  readonly id: string;
  readonly title: string;
  readonly snippet: string;
}

/** Calls a tool that gives results, and shows them: their titles, and the passages where `lines` is not 0. */
async function find(
  transcript: Transcript,
  client: Client,
  args: Readonly<Record<string, unknown>>,
  { tool = "search", lines = 0 } = {},
): Promise<{ hits: readonly Hit[]; data: Outcome["data"] }> {
  const { data } = await transcript.call(client, tool, { ...args, limit: 3 });
  const hits = (data?.["results"] ?? []) as Hit[];
  hits.forEach(({ title, snippet }, index) => {
    transcript.say(`  ${index + 1}. ${title}`);
    if (lines > 0) transcript.quote(snippet, lines);
  });
  return { hits, data };
}

export const asking: Scene = {
  plugin: "search",
  title: "search: a question in plain words, answered from the documents; then the text, and what is like it",
  async run({ transcript, client, question }) {
    const { hits } = await find(transcript, client, { query: question }, { lines: 2 });
    const id = hits[0]?.id;
    check(id !== undefined, `search found nothing for "${question}"`);
    transcript.say();
    const { data } = await transcript.call(client, "fetch", { id });
    check(typeof data?.["text"] === "string", "fetch returned no text");
    transcript.quote(String(data?.["text"]));
    transcript.say();
    await find(transcript, client, { id }, { tool: "search_similar" });
  },
};

/** A name that no folder of documents has: it goes before the paths of what is in it. */
const NOTES_FOLDER = "demo-notes";
const NOTES = {
  "deploy.md": "# Deploy\n\nPush the green button. Keep the rollback plan at hand.\n",
  "drill.md": "# Fire drill\n\nThe rollback plan, rehearsed with the intern on Fridays.\n",
};
const EDITED = "# Deploy\n\nThe green button is gone: merge to main, and the pipeline ships it.\n";

export const editing: Scene = {
  plugin: "search",
  title: "search: what has to be there and what must not, a typo, a file that is edited, and an index that is kept",
  async run({ transcript, connectStdio, folder, temporary }) {
    const [notes, state] = [join(temporary, NOTES_FOLDER), join(temporary, "kept")];
    const plugins = { search: { roots: [folder, notes], state } };
    await mkdir(notes);
    for (const [name, text] of Object.entries(NOTES)) await writeFile(join(notes, name), text);
    const client = await connectStdio(plugins);
    const exact = { query: '"rollback plan" -intern', path: NOTES_FOLDER };
    const { hits } = await find(transcript, client, exact, { lines: 1 });
    check(hits.length === 1 && hits[0]?.title === "Deploy", "the phrase, the exclusion or the filter did not hold");
    transcript.say();
    const { data } = await find(transcript, client, { query: "what is the rolback plan?" });
    check(typeof data?.["did_you_mean"] === "string", "the typo was not corrected");
    transcript.say(`  did_you_mean: ${String(data?.["did_you_mean"])}`);

    transcript.say("\n  Now deploy.md is edited.");
    await writeFile(join(notes, "deploy.md"), EDITED);
    const edited = await find(transcript, client, { query: "pipeline ships", path: NOTES_FOLDER }, { lines: 1 });
    check(edited.hits.length === 1, "the edit was not found");
    await client.close();

    const kept = await indexFiles(state);
    transcript.say(`\n  Now the server starts again, over the index in ${kept.join(", ")}.`);
    const again = await connectStdio(plugins);
    const opened = await find(transcript, again, { query: "pipeline ships", path: NOTES_FOLDER });
    await again.close();
    const still = (await indexFiles(state)).filter((name) => kept.includes(name));
    check(still.length > 0 && opened.hits.length === 1, "the index was not kept");
    transcript.say(`  Still there, and not made again: ${still.join(", ")}`);
  },
};

async function indexFiles(state: string): Promise<string[]> {
  const names = await readdir(state, { recursive: true });
  return names
    .filter((name) => name.endsWith(".seg"))
    .map((name) => basename(name))
    .toSorted();
}

export const sharing: Scene = {
  plugin: "search",
  title: "Two clients, one index: the second one waits for nothing",
  async run({ transcript, connect, question }) {
    const second = await connect();
    const { hits } = await find(transcript, second, { query: question });
    check(hits.length > 0, "the second client found nothing");
    await second.close();
  },
};
