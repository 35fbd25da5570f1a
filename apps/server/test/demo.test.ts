import type { DemoOptions } from "../src/demo.ts";
import { expect, test } from "vitest";
import { folder } from "./folder.ts";

type Demo = (options: DemoOptions) => Promise<0 | 1>;
const built = async (): Promise<Demo> =>
  ((await import(new URL("../dist/demo.js", import.meta.url).href)) as { demo: Demo }).demo;

test("the demonstration shows what each plugin does, and ends well", { timeout: 60_000 }, async () => {
  const notes = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [
      `docs/note-${index}.md`,
      `# Note ${index}\n\nHow a token bucket refills, as note ${index} tells it at some length.\n`,
    ]),
  );
  using at = folder(notes);
  let transcript = "";
  const run = await built();
  const code = await run({
    folder: at.path,
    question: "How does a token bucket refill?",
    out: (text) => (transcript += text),
  });
  expect(transcript).toContain("The composed server listens on http://127.0.0.1:");
  expect(transcript).toMatch(
    /→ search \{"query":"How does a token bucket refill\?","limit":3\}\n← [\d,]+ characters in [\d.]+ ms\n {2}1\. Note \d+/,
  );
  expect(transcript).toMatch(/→ search_similar .*\n← .*\n {2}1\. Note \d+/);
  expect(transcript).toMatch(
    /"\\"rollback plan\\" -intern","path":.*\n← .*\n {2}1\. Deploy\n {2}│ [^\n]*rollback plan at hand\.\n\n/,
  );
  expect(transcript).toContain("did_you_mean: what is the rollback plan?");
  expect(transcript).toMatch(/"pipeline ships".*\n← .*\n {2}1\. Deploy\n.*merge to main/);
  expect(transcript).toMatch(
    /starts again, over the index in .*\.seg\.\n→ .*\n← .*\n {2}1\. Deploy\n {2}Still there, and not made again: .*\.seg\n/,
  );
  expect(transcript).toMatch(
    / {2}miss, 0 ms old: .*answer 1 [^]* {2}hit, \d+ ms old: .*answer 1 [^]* {2}stale, \d+ ms old: .*answer 1 [^]* {2}hit, \d+ ms old: .*answer 2 /,
  );
  expect(transcript).toMatch(
    / {2}Riga: Waiting for the rate limit: first in line[^]*limited to 3 calls every 3 seconds for each caller.*Try again in \d+ s\./,
  );
  expect(transcript).toMatch(/rotated: true, gaps: \[\], and the error came:\n.*ERROR \[pay\] .*api_key=\[masked\]/);
  expect(transcript).toMatch(/× \[pay\] payment <num> failed.*\n.*error, NEW /);
  expect(transcript).toMatch(
    /For the reader: +search, fetch\n[^]*weather[^]*For the operator: +search, fetch, forecast\n/,
  );
  expect(transcript).toMatch(/came back, and got: Sunny in Oslo/);
  expect(transcript).toContain("← an error in");
  expect(transcript).toContain("[Cut");
  expect(transcript).toContain("ended with exit code 0");
  expect(code).toBe(0);
});

test("the demonstration fails with 1 where there is nothing to find", async () => {
  using at = folder();
  let transcript = "";
  const run = await built();
  expect(await run({ folder: at.path, out: (text) => (transcript += text) })).toBe(1);
  expect(transcript).toContain("The demonstration failed: search found nothing");
});
