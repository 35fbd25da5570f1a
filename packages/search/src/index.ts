import { definePlugin, ToolError } from "@plugboard/core";
import type { Call, PluginFactory } from "@plugboard/core";
import { z } from "zod";
import { fetchText, searchPage } from "./tools/answer.ts";
import { Corpus, RootError } from "./files/corpus.ts";
import { CursorError } from "./tools/cursor.ts";
import type { WorkProgress } from "./shared.ts";
import {
  annotations,
  fetchedText,
  fetchInput,
  fetchOutput,
  live,
  hintFor,
  searchInput,
  searchOutput,
  searchText,
} from "./tools/schema.ts";

const globs = z.array(z.string().min(1).max(500)).max(200);
const MIB = 1024 * 1024;

/** Options of `search`. */
export const searchOptions = z.strictObject({
  roots: z
    .array(z.string().min(1))
    .min(1)
    .max(100)
    .describe("Folders and files to search, absolute or relative to the working folder"),
  include: globs
    .min(1)
    .default(["**/*.md", "**/*.markdown", "**/*.mdx", "**/*.html", "**/*.htm", "**/*.txt", "**/*.rst"])
    .describe("Globs of the files to read, relative to their root. A file given as root is always read"),
  exclude: globs
    .default(["node_modules", "bower_components", "dist", "coverage", "__pycache__"])
    .describe("Globs of files and folders to leave out; without a `/`, names at any depth"),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where the documents are published; without it, URLs are `file:` URIs"),
  dotfiles: z.boolean().default(false).describe("Whether to read files and folders whose name begins with a dot"),
  secrets: z
    .boolean()
    .default(false)
    .describe("Whether to read files that usually hold secrets: keys, `.env`, credentials"),
  refreshMs: z
    .number()
    .int()
    .min(0)
    .max(86_400_000)
    .default(2_000)
    .describe("How long to trust the index before looking at the files again, in milliseconds"),
  defaultLimit: z.number().int().min(1).max(200).default(10).describe("Results per page where the caller does not say"),
  maxLimit: z.number().int().min(1).max(200).default(50).describe("Most results per page"),
  maxFiles: z.number().int().min(1).max(1_000_000).default(20_000).describe("Most files to read"),
  maxFileBytes: z
    .number()
    .int()
    .min(1)
    .max(64 * MIB)
    .default(4 * MIB)
    .describe("Larger files are skipped"),
  maxTotalBytes: z
    .number()
    .int()
    .min(1)
    .max(1024 * MIB)
    .default(100 * MIB)
    .describe("Most bytes to read in all; memory is about six times as much"),
  maxDepth: z.number().int().min(0).max(100).default(16).describe("Folders below a root to go into"),
  maxSections: z.number().int().min(1).max(100_000).default(5_000).describe("Sections of one file to read"),
  maxQueryChars: z.number().int().min(1).max(10_000).default(1_000).describe("Longest query, in characters"),
  maxQueryTerms: z.number().int().min(1).max(1_000).default(64).describe("Distinct words of a query that count"),
  maxFetchChars: z
    .number()
    .int()
    .min(1_000)
    .max(200_000)
    .default(20_000)
    .describe("Longest text that `fetch` returns, in characters"),
  text: z
    .enum(["json", "list"])
    .default("json")
    .describe("The text block of a result: the data as JSON, which some clients parse, or a list for people"),
});

/** Longer sections are divided: what ranks and what is fetched stays small. */
const SECTION_CHARS = 8_000;

/** Ranked full-text search over folders of documents: the tools `search` and `fetch`. */
export const search: PluginFactory<typeof searchOptions, object> = definePlugin({
  name: "search",
  options: searchOptions,
  setup(host, options) {
    const { maxQueryTerms, maxFetchChars } = options;
    const bounds = { ...options, defaultLimit: Math.min(options.defaultLimit, options.maxLimit) };
    const corpus = new Corpus(
      { ...options, maxSectionChars: Math.min(SECTION_CHARS, maxFetchChars) },
      (message) => host.warn(message),
      host.signal,
    );
    const { catalog } = corpus;
    const calls = { searches: 0, fetches: 0 };
    const [searchTool, fetchTool] = [host.toolName("search"), host.toolName("fetch")];
    const list = options.text === "list";
    let warned = "";

    const ready = async (call: Call): Promise<void> => {
      try {
        await corpus.ready(call.signal, reporter(call));
      } catch (error) {
        if (!(error instanceof RootError)) throw error;
        if (error.message !== warned) host.warn(error.message);
        warned = error.message;
        throw new ToolError(
          `${error.message}. Nothing can be searched until whoever runs this server corrects its \`roots\`.`,
        );
      }
    };

    host.tool(
      "search",
      {
        title: "Search documents",
        description:
          "Searches the documents of this server by relevance. Ask in plain words; all languages. Returns sections with a snippet each; " +
          `read the ones that matter with \`${fetchTool}\`. For more results pass next_cursor as cursor.`,
        inputSchema: searchInput(bounds),
        outputSchema: searchOutput,
        annotations,
        _meta: live,
        ...(list && { text: (data: z.input<typeof searchOutput>) => searchText(data, fetchTool) }),
      },
      async ({ query, limit, cursor }, call) => {
        calls.searches += 1;
        await ready(call);
        const page = worded(() => searchPage(catalog, query, limit, cursor, maxQueryTerms));
        const hint = hintFor(page, catalog.documents, corpus.skips.count, maxQueryTerms);
        return {
          query,
          results: page.results,
          total_found: page.total,
          next_cursor: page.next ?? null,
          ...(hint !== undefined && { hint }),
        };
      },
    );

    host.tool(
      "fetch",
      {
        title: "Read a document",
        description: `Returns the text of a section or document by an id from \`${searchTool}\`. For what follows, fetch metadata.next_id; for the whole document, metadata.document_id.`,
        inputSchema: fetchInput,
        outputSchema: fetchOutput,
        annotations,
        _meta: live,
        ...(list && { text: (data: z.input<typeof fetchOutput>) => fetchedText(data, fetchTool) }),
      },
      async ({ id }, call) => {
        calls.fetches += 1;
        await ready(call);
        const found = fetchText(catalog, id, maxFetchChars);
        if (found) return found;
        const document = id.split("#")[0] ?? "";
        const instead =
          document !== id && catalog.get(document)
            ? `The document ${JSON.stringify(document)} is there, but it has no such section: fetch it whole, or`
            : "It may have been changed, moved or removed:";
        throw new ToolError(
          `There is no document or section with the id ${JSON.stringify(id.slice(0, 200))}. ${instead} use \`${searchTool}\` again for current ids.`,
        );
      },
    );

    const stats = () => ({
      documents: catalog.documents,
      sections: catalog.sections,
      bytes: catalog.bytes,
      skipped: corpus.skips.count,
      indexed: catalog.indexed,
      refreshes: corpus.refreshes,
      ...calls,
    });
    return { stats };
  },
});

/** Runs `fn`; what is wrong with a cursor is for the model to read. */
function worded<T>(fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw error instanceof CursorError ? new ToolError(error.message) : error;
  }
}

const REPORT_EVERY_MS = 200;

/** Reports how far indexing is once it takes a while, one report at a time: what comes while one is on its way is left out. */
function reporter(call: Call): (progress: WorkProgress) => void {
  let last = performance.now();
  let busy = false;
  return ({ done, total }) => {
    if (busy || performance.now() - last < REPORT_EVERY_MS) return;
    busy = true;
    void call.report({ progress: done, total, message: "indexing files" }).finally(() => {
      last = performance.now();
      busy = false;
    });
  };
}
