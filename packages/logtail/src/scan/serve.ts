import { deserialize, serialize } from "node:v8";
import type { SummaryDump } from "../summary/dump.ts";
import type { SummaryOptions } from "../summary/summary.ts";
import { Summary } from "../summary/summary.ts";
import { encodingAt } from "./blocks.ts";
import type { ByteSource } from "./bytes.ts";
import { fileBytes, gzipBytes } from "./bytes.ts";
import { Claims } from "./claims.ts";
import type { Kept, Shared } from "./control.ts";
import { Control } from "./control.ts";
import type { Answer, Request } from "./protocol.ts";
import { parserOf } from "./query.ts";
import { search } from "./search.ts";
import { seek } from "./seek.ts";
import { lineStart } from "./start.ts";
import { summarize } from "./summarize.ts";
import type { Summaries } from "./tally.ts";
import { rulesOf } from "./text.ts";
import type { Part, SummarizePart } from "./types.ts";

export const DEFAULT_MS = 5000;
export const DEFAULT_SEEK_MS = 2000;
const DEFAULT_SKEW_MS = 60_000;

/** Answers the requests that come to a worker. */
export class Server {
  readonly #shared: Shared;
  readonly #send: (answer: Answer) => void;
  #summaries: Summaries = summariesOf({});

  constructor(memory: Shared, send: (answer: Answer) => void) {
    this.#shared = memory;
    this.#send = send;
  }

  /** What the request asks for. */
  async answer(request: Request): Promise<(Answer & { type: "done" })["result"]> {
    switch (request.type) {
      case "begin":
        this.#summaries = summariesOf(request.options);
        return undefined;
      case "report": {
        const { limit, ...comparison } = request.options;
        const { recent, before } = this.#summaries;
        return recent.report(limit, { before, ...comparison });
      }
      case "search": {
        const { part, query, limits } = request;
        await using source = open(part);
        return await search({ source, part, query, limits, control: this.#control(limits.ms ?? DEFAULT_MS) });
      }
      case "summarize": {
        const { part, query, limits } = request;
        await using source = open(part);
        const control = this.#control(limits.ms ?? DEFAULT_MS);
        const help = {
          claims: request.claims && new Claims(request.claims),
          keep: (covered: SummarizePart) => this.#send({ type: "kept", kept: this.#kept(covered) }),
        };
        return this.#kept(await summarize({ source, part, query, limits, control }, this.#summaries, help));
      }
      case "merge": {
        const [recent, before] = deserialize(request.dumps) as readonly [SummaryDump, SummaryDump];
        this.#summaries.recent.merge(recent);
        this.#summaries.before.merge(before);
        return undefined;
      }
      case "middle": {
        const { part } = request;
        await using source = open(part);
        const rules = rulesOf(await encodingAt(source));
        return await lineStart(source, Math.floor((part.from + part.to) / 2), part.from, rules);
      }
      case "seek": {
        const { part, time, options } = request;
        await using source = open(part);
        const control = this.#control(options.ms ?? DEFAULT_SEEK_MS);
        return await seek(source, part, time, options.skewMs ?? DEFAULT_SKEW_MS, parserOf(options), control);
      }
    }
  }

  #kept(covered: SummarizePart): Kept {
    const { recent, before } = this.#summaries;
    return { dumps: serialize([recent.dump(), before.dump()]), covered };
  }

  #control(ms: number): Control {
    return new Control(this.#shared, ms, (told) => this.#send({ type: "told", told }));
  }
}

function open({ fd, compressed }: Part): ByteSource {
  return compressed ? gzipBytes(fd) : fileBytes(fd);
}

function summariesOf(options: SummaryOptions): Summaries {
  return { recent: new Summary(options), before: new Summary(options) };
}
