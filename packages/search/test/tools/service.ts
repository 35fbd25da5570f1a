import type { Engine, IndexDocument } from "../../src/engine/types.ts";
import { Service } from "../../src/tools/service.ts";
import type { ServiceOptions } from "../../src/tools/service.ts";
import { naiveEngine } from "../engine/naive.ts";

/** The tools over an engine with some documents, and clocks that stand. */
export interface Tools {
  readonly service: Service;
  readonly engine: Engine;
  /** Both clocks, in milliseconds. */
  time: number;
  status: { updatedAt: number | undefined; stale: boolean; reason: string | undefined; skipped: number };
}

export async function tools(
  documents: readonly IndexDocument[],
  options: Partial<ServiceOptions> = {},
  engine: Engine = naiveEngine(),
): Promise<Tools> {
  await engine.put(documents);
  const status = { updatedAt: 0, stale: false, reason: undefined, skipped: 0 };
  const service = new Service(
    { engine, status: () => made.status, ready: async (signal) => signal?.throwIfAborted() },
    {
      maxResults: 500,
      snippetChars: 260,
      maxQueryTerms: 64,
      maxFetchChars: 20_000,
      searchTool: "search",
      now: () => made.time,
      clock: () => made.time,
      ...options,
    },
  );
  const made: Tools = { service, engine, time: Date.UTC(2026, 2, 31), status };
  return made;
}
