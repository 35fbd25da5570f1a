import { ToolError } from "@plugboard/core";
import type { Engine } from "../engine/types.ts";
import type { CorpusStatus } from "../files/corpus.ts";
import type { WorkProgress } from "../shared.ts";
import { CursorError } from "./cursor.ts";
import { fetchText } from "./fetch.ts";
import type { FetchRequest } from "./fetch.ts";
import { hintFor } from "./hints.ts";
import { RankedLists } from "./lists.ts";
import { isoOf } from "./results.ts";
import type { FetchData, SearchData, SimilarData } from "./schema.ts";
import { searchPage } from "./search.ts";
import type { PageBounds, PageRequest } from "./search.ts";
import { similarTo } from "./similar.ts";

/** What the tools need of what keeps the index in step with the documents. */
export interface Indexed {
  readonly engine: Engine;
  status(): CorpusStatus;
  ready(signal?: AbortSignal, onProgress?: (progress: WorkProgress) => void): Promise<void>;
}

export interface ServiceOptions extends PageBounds {
  readonly maxQueryTerms: number;
  readonly maxFetchChars: number;
  /** What the search tool is called. */
  readonly searchTool: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds on a clock that never goes back. */
  readonly clock: () => number;
}

const MAX_LISTS = 200;
const MAX_LISTED_IDS = 100_000;
const LIST_MS = 600_000;
const MAX_SHOWN = 200;

/** Who asks, and who hears of the work that the answer waits for. */
export interface Asking {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: WorkProgress) => void) | undefined;
}

/** What the tools do, as data; knows nothing of MCP but errors that a model can act on. */
export class Service {
  readonly #index: Indexed;
  readonly #options: ServiceOptions;
  readonly #lists: RankedLists;
  readonly counts = { searches: 0, similar: 0, fetches: 0 };

  constructor(index: Indexed, options: ServiceOptions) {
    this.#index = index;
    this.#options = options;
    const { clock } = options;
    this.#lists = new RankedLists({ maxLists: MAX_LISTS, maxIds: MAX_LISTED_IDS, keepMs: LIST_MS, clock });
  }

  /** Sections that match a query. @throws ToolError; what `ready` throws; the signal's reason */
  async search(request: PageRequest, { signal, onProgress }: Asking): Promise<SearchData> {
    this.counts.searches += 1;
    await this.#index.ready(signal, onProgress);
    const { now, maxQueryTerms } = this.#options;
    const { engine } = this.#index;
    const context = { engine, lists: this.#lists, bounds: this.#options, now, signal };
    const page = await worded(searchPage(request, context));
    const { skipped, stale, reason } = this.#index.status();
    const hint = hintFor(page, {
      documents: engine.documents,
      skipped,
      stale: stale ? (reason ?? "") : undefined,
      filtered: request.path !== undefined || request.type !== undefined || request.since !== undefined,
      paged: request.cursor !== undefined,
      maxTerms: maxQueryTerms,
    });
    return {
      query: request.query,
      results: page.results,
      total_found: page.total,
      next_cursor: page.next ?? null,
      index: this.#state(),
      ...(page.suggestion !== null && { did_you_mean: page.suggestion }),
      ...(hint !== undefined && { hint }),
    };
  }

  /** Sections that are like the one with this id, or like the document. @throws as `search` */
  async similar(id: string, limit: number, { signal, onProgress }: Asking): Promise<SimilarData> {
    this.counts.similar += 1;
    await this.#index.ready(signal, onProgress);
    const { engine } = this.#index;
    const found = await similarTo(engine, id, limit, this.#options.snippetChars, signal);
    if (!found) throw await this.#unknown(id);
    const hint = found.results.length === 0 ? "No other section is like it." : undefined;
    return {
      id,
      results: found.results,
      total_found: found.total,
      index: this.#state(),
      ...(hint !== undefined && { hint }),
    };
  }

  /** The text of a section or of a document, as far as it fits. @throws as `search` */
  async fetch(request: FetchRequest, { signal, onProgress }: Asking): Promise<FetchData> {
    this.counts.fetches += 1;
    await this.#index.ready(signal, onProgress);
    const found = await worded(fetchText(this.#index.engine, request, this.#options.maxFetchChars));
    if (!found) throw await this.#unknown(request.id);
    return found;
  }

  #state(): SearchData["index"] {
    const { updatedAt, stale, skipped } = this.#index.status();
    const updated = updatedAt === undefined ? null : isoOf(updatedAt);
    return { documents: this.#index.engine.documents, updated_at: updated, stale, skipped };
  }

  async #unknown(id: string): Promise<ToolError> {
    const document = id.split("#")[0] ?? "";
    const there = document !== id && (await this.#index.engine.document(document));
    const instead = there
      ? `The document ${JSON.stringify(document.slice(0, MAX_SHOWN))} is there, but it has no such section: fetch it whole, or`
      : "It may have been changed, moved or removed:";
    return new ToolError(
      `There is no document or section with the id ${JSON.stringify(id.slice(0, MAX_SHOWN))}. ${instead} use \`${this.#options.searchTool}\` again for current ids.`,
    );
  }
}

/** What is wrong with a cursor is for the model to read. */
async function worded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof CursorError ? new ToolError(error.message) : error;
  }
}
