import { setTimeout as delay } from "node:timers/promises";
import type { ListedResource } from "@plugboard/core";
import type { LogFile } from "./files/source.ts";
import type { Logtail } from "./logtail.ts";
import { waitForChange } from "./read/follow.ts";
import { read } from "./read/reader.ts";
import { cutLine } from "./show.ts";

/** Lines that the resource of a log has. */
const LINES = 200;
/** Between two updates of a log at least, in milliseconds. */
const UPDATE_MS = 1_000;
/** Between two looks whether anybody still wants to hear, in milliseconds. */
const ASK_MS = 2_000;

/** The URI of a log. */
function uriOf(scheme: string, label: string): string {
  return `${scheme}:///${label.split("/").map(encodeURIComponent).join("/")}`;
}

/** The logs there are, as resources. */
export async function listResources(logtail: Logtail, scheme: string, signal: AbortSignal): Promise<ListedResource[]> {
  const { listing } = await logtail.select(undefined, signal);
  return listing.logs.map(({ label }) => ({
    uri: uriOf(scheme, label),
    name: label,
    title: label,
    description: `The last ${LINES} lines of ${label}`,
    mimeType: "text/plain",
  }));
}

/** The last lines of a log. */
export async function readResource(logtail: Logtail, label: string, signal: AbortSignal): Promise<string> {
  const { source } = await logtail.select(label, signal);
  const { maxLineChars, maxResultChars } = logtail.options;
  const { lines } = await read(source, undefined, { maxLines: LINES, signal });
  const show = logtail.show.runs();
  const texts = lines.map((line) => cutLine(show(line), Math.min(maxLineChars, maxResultChars), line).text);
  let chars = 0;
  const over = texts.findLastIndex((text) => (chars += text.length + 1) > maxResultChars);
  // The last line in any case.
  return texts.slice(Math.min(over + 1, texts.length - 1)).join("\n");
}

interface Wanted {
  changed(uri: string): void;
  isWanted(): boolean;
}

/** Tells who wants to hear of it that a log has grown, at most once a second; watches only while somebody does. */
export class Announcements {
  readonly #logtail: Logtail;
  readonly #scheme: string;
  readonly #resource: Wanted;
  readonly #signal: AbortSignal;
  #running = false;

  constructor(logtail: Logtail, scheme: string, resource: Wanted, signal: AbortSignal) {
    this.#logtail = logtail;
    this.#scheme = scheme;
    this.#resource = resource;
    this.#signal = signal;
  }

  /** Somebody may want to hear. @param failed is told what ends the watch too early */
  wake(failed: (error: unknown) => void): void {
    if (this.#running || this.#signal.aborted) return;
    this.#running = true;
    void this.#watch()
      .catch((error: unknown) => {
        if (!this.#signal.aborted) failed(error);
      })
      .finally(() => {
        this.#running = false;
      });
  }

  async #watch(): Promise<void> {
    const signal = this.#signal;
    let before: ReadonlyMap<string, string> | undefined;
    while (this.#resource.isWanted()) {
      // Streams may have joined.
      const { source, listing } = await this.#logtail.select(undefined, signal);
      const now = new Map(listing.logs.map((log) => [log.label, stateOf(log)]));
      for (const [label, state] of now) {
        if (before && before.get(label) !== state) this.#resource.changed(uriOf(this.#scheme, label));
      }
      for (const label of before?.keys() ?? []) {
        if (!now.has(label)) this.#resource.changed(uriOf(this.#scheme, label));
      }
      if (before) await delay(UPDATE_MS, undefined, { signal, ref: false });
      before = now;
      // What changed meanwhile is seen by the next look, which costs less than a miss.
      await waitForChange(source, { maxMs: ASK_MS, signal });
    }
  }
}

function stateOf({ live, rotated }: LogFile): string {
  return `${live?.id} ${live?.size} ${rotated.length}`;
}
