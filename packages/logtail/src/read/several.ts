import { mergeByTime } from "../format/merge.ts";
import { LineParser } from "../format/parser.ts";
import type { Batch, Chain } from "./chain.ts";
import type { SourceLine } from "./line.ts";

/** A line on its way, and where to note that it was consumed. */
export interface Pulled {
  readonly line: SourceLine;
  readonly progress: Batch["progress"];
}

interface Timed extends Pulled {
  readonly time: number | undefined;
}

/**
 * The lines of several chains as one stream by time: see {@link mergeByTime}. Pulls a little ahead in each chain.
 * @param zone for times that name none; default that of the process
 */
export function merged(chains: readonly Chain[], zone?: string): AsyncGenerator<Pulled, void, void> {
  return mergeByTime(
    chains.map((chain) => timed(chain, zone)),
    { timeOf: (item) => item.time },
  );
}

async function* timed(chain: Chain, zone?: string): AsyncGenerator<Timed, void, undefined> {
  const parser = new LineParser(zone === undefined ? {} : { zone });
  const timeOf = (text: string): number | undefined => parser.parse(text).time;
  for await (const { lines, progress, before } of chain.batches()) {
    for (const [index, line] of lines.entries()) {
      let time = timeOf(line.text);
      // It goes with the line before, which came with an earlier page.
      if (index === 0 && time === undefined && before)
        time = (await before()).map(({ text }) => timeOf(text)).findLast((one) => one !== undefined);
      yield { line, progress, time };
    }
  }
}

/**
 * The last lines of several logs in the order of time, each given as its own last lines. Logs without any time come first, and
 * get no more than their share.
 */
export async function lastMerged(
  logs: readonly (readonly SourceLine[])[],
  maxLines: number,
  zone?: string,
): Promise<SourceLine[]> {
  const items = logs.map((lines) => {
    const parser = new LineParser(zone === undefined ? {} : { zone });
    return lines.map((line) => ({ line, time: parser.parse(line.text).time }));
  });
  const share = Math.max(1, Math.floor(maxLines / Math.max(1, logs.length)));
  const fair = items.map((all) => (all.some(({ time }) => time !== undefined) ? all : all.slice(-share)));
  const untimed = fair.filter((all) => all.every(({ time }) => time === undefined)).flat();
  const others = fair.filter((all) => all.some(({ time }) => time !== undefined));
  const lines: SourceLine[] = [];
  for await (const { line } of mergeByTime(others, { timeOf: (item) => item.time })) lines.push(line);
  const first = untimed.slice(-maxLines).map(({ line }) => line);
  const room = maxLines - first.length;
  return [...first, ...(room > 0 ? lines.slice(-room) : [])];
}
