import { appendFile, rename, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Scene } from "./stage.ts";

const AGO_MS = 3_600_000;
const LINES = 6_000;

/** An hour of a shop that works. */
function quiet(now: number): string {
  return Array.from({ length: LINES }, (_, index) => {
    const time = new Date(now - AGO_MS + (index * AGO_MS) / LINES).toISOString();
    const user = (index * 7919) % 1000;
    return index % 40 === 0
      ? `${time} WARN  [stock] only ${index % 9} left of item ${user}\n`
      : `${time} INFO  [web] GET /cart/${user} 200 in ${(index * 31) % 90} ms\n`;
  }).join("");
}

/** Writes on, is rotated away in the middle, and then has a bad moment. */
async function trouble(log: string, ended: AbortSignal): Promise<void> {
  const write = (text: string): Promise<void> => appendFile(log, `${new Date().toISOString()} ${text}\n`);
  for (let step = 0; step < 30 && !ended.aborted; step += 1) {
    if (step === 10) await rename(log, `${log}.1`);
    await write(`INFO  [web] GET /cart/${step} 200 in ${step % 9} ms`);
    if (step > 15)
      await write(`ERROR [pay] payment ${step} failed: connection to 10.0.0.7 refused, api_key=live-${step}-Zk31hd82`);
    await delay(20);
  }
}

/** A log with a burst of errors: waited for, searched, summarized. */
export const following: Scene = {
  plugin: "logtail",
  title: "logtail: waits for the first error in a log, over a rotation, then finds all of them and says what is new",
  async run({ transcript, client, log }) {
    const ended = new AbortController();
    await writeFile(log, quiet(Date.now()));
    try {
      const before = await transcript.call(client, "logtail_read", { lines: 2 });
      transcript.quote(before.text, 3);
      const writer = trouble(log, ended.signal);
      const wait = { cursor: before.data?.["cursor"], until: { level: "error" }, lines: 3 };
      const came = await transcript.call(client, "logtail_read", wait, (progress) =>
        transcript.say(`  ${progress.message ?? ""}`),
      );
      const until = came.data?.["until"] as { met?: boolean; line?: string } | undefined;
      if (until?.met !== true || came.data?.["rotated"] !== true)
        throw new Error("the error was not seen over the rotation");
      transcript.say(`  rotated: true, gaps: ${JSON.stringify(came.data["gaps"])}, and the error came:`);
      transcript.quote(until.line ?? "", 1);
      await writer;
      const found = await transcript.call(client, "logtail_search", { text: "refused", limit: 2, context: 1 });
      transcript.quote(found.text, 8);
      const summary = await transcript.call(client, "logtail_summarize", { since: "30m", limit: 3 });
      if (!summary.text.includes("NEW")) throw new Error("the summary does not say what is new");
      transcript.quote(summary.text, 14);
    } finally {
      ended.abort();
    }
  },
};
