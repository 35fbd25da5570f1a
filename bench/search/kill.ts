// Kills a process that indexes and commits, again and again, and looks at what it leaves: `node --import tsx search/kill.ts
// [--rounds 40] [--seed 1]`. Wanted: no index damaged, and all that was committed is there and is found.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { localEngine } from "@plugboard/search/engine";
import type { Engine } from "@plugboard/search/engine";
import { ask } from "./engines/plugboard.ts";
import { statesAfter, wordOf } from "./kill-steps.ts";
import type { States } from "./kill-steps.ts";
import { random } from "./random.ts";

/** Longest time that a child gets, from its start or from its first commit. */
const MAX_MS = 1200;
/** Documents that are searched for after each round. */
const SAMPLE = 40;

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "40" }, seed: { type: "string", default: "1" } },
});
const below = random(Number(values.seed));
const folder = mkdtempSync(join(tmpdir(), "search-kill-"));
const rounds = Number(values.rounds);
let damaged = 0;
let committed = 0;
let ahead = 0;
try {
  for (let round = 0; round < rounds; round++) {
    const acknowledged = await killed(committed, round % 4 !== 0);
    const problems: string[] = [];
    const engine = await localEngine({ folder, warn: (message) => problems.push(message) });
    const states = compare(engine, acknowledged, problems);
    await search(engine, states, problems);
    // What was begun and not acknowledged is done again by the next child.
    await engine.close();
    const done = statesAfter(acknowledged);
    if (states.size !== done.size || [...states].some(([id, version]) => done.get(id) !== version)) ahead += 1;
    committed = acknowledged;
    if (problems.length > 0) damaged += 1;
    for (const problem of problems.slice(0, 5)) console.log(`round ${round + 1}, ${acknowledged} commits: ${problem}`);
  }
  console.log(
    `${damaged} of ${rounds} damaged; ${committed} commits, ${statesAfter(committed).size} documents at the end.`,
  );
  console.log(`In ${ahead} rounds more was there than had been acknowledged, as may be.`);
  if (damaged > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Runs a child from step `from` and kills it. Returns the number of the last step that it said was committed.
 * @param later whether its time begins with its first commit, so that it is killed while it works and not while it starts
 */
async function killed(from: number, later: boolean): Promise<number> {
  const script = join(import.meta.dirname, "kill-child.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, folder, String(from)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let last = from;
  let text = "";
  let first: (() => void) | undefined;
  const begun = new Promise<void>((resolve) => (first = resolve));
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = `${text}${chunk}`.split("\n");
    text = lines.pop() ?? "";
    const done = Number(lines.at(-1));
    if (lines.length > 0 && Number.isInteger(done)) last = done;
    first?.();
  });
  const ended = once(child, "close");
  if (later) await Promise.race([begun, ended]);
  await sleep(below(MAX_MS));
  child.kill("SIGKILL");
  const [code] = (await ended) as [number | null];
  if (code !== null) throw new Error(`The child ended by itself with ${code}.`);
  return last;
}

/**
 * Compares all documents with what they were after the last acknowledged step. Those that the next step touches may be in their
 * new state already: each of them whole, as one or the other. Returns what is there.
 */
function compare(engine: Engine, acknowledged: number, problems: string[]): States {
  const found = new Map([...engine.ids()].map((id) => [id, engine.state(id)?.version ?? ""]));
  const [done, next] = [statesAfter(acknowledged), statesAfter(acknowledged + 1)];
  for (const id of new Set([...done.keys(), ...next.keys(), ...found.keys()])) {
    const [own, wanted] = [found.get(id), done.get(id)];
    if (own === wanted || own === next.get(id)) continue;
    problems.push(`${id} is in version ${own ?? "none"} and not ${wanted ?? "none"}`);
  }
  return found;
}

/** Each document is found by the word of its version, and by that of no other. */
async function search(engine: Engine, states: States, problems: string[]): Promise<void> {
  const all = [...states];
  for (let at = 0; at < Math.min(SAMPLE, all.length); at++) {
    const [id, version] = all[below(all.length)] ?? ["", ""];
    const hits = await ask(engine, `"${wordOf(id, version)}"`, 10);
    if (hits.length !== 1 || hits[0] !== `${id}#top`)
      problems.push(`${id} is not found in version ${version}: ${hits.join()}`);
    const section = await engine.section(`${id}#top`);
    if (!section?.text.includes(wordOf(id, version))) problems.push(`${id} has another text than version ${version}`);
    const before = String(Number(version) - 1);
    const old = await ask(engine, `"${wordOf(id, before)}"`, 10);
    if (old.length > 0) problems.push(`${id} is found in version ${before}, which is gone`);
  }
}
