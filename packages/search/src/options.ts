import { z } from "zod";
import { LANGUAGES } from "./analysis/languages.ts";
import type { Source } from "./files/source.ts";

const MIB = 1024 * 1024;
const globs = z.array(z.string().min(1).max(500)).max(200);

const isSource = (value: unknown): value is Source =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Partial<Source>).name === "string" &&
  typeof (value as Partial<Source>).load === "function";
const source = z.custom<Source>(isSource, "a source has a name and the function load").meta({ type: "object" });

const language = z
  .string()
  .refine((code) => LANGUAGES.includes(code), { error: `must be one of ${LANGUAGES.join(", ")}` });

/** Options of `search`. */
export const searchOptions = z.strictObject({
  roots: z
    .array(z.string().min(1))
    .max(100)
    .default([])
    .describe("Folders and files to search, absolute or relative to the working folder"),
  include: globs
    .min(1)
    .default([
      "**/*.md",
      "**/*.markdown",
      "**/*.mdx",
      "**/*.html",
      "**/*.htm",
      "**/*.xhtml",
      "**/*.txt",
      "**/*.rst",
      "**/*.json",
      "**/*.jsonl",
      "**/*.csv",
      "**/*.tsv",
    ])
    .describe("Globs of the files to read, relative to their root. A file given as root is always read"),
  exclude: globs
    .default(["node_modules", "bower_components", "dist", "coverage", "__pycache__", "package-lock.json"])
    .describe("Globs of files and folders to leave out; without a `/`, names at any depth"),
  ignoreFiles: z
    .boolean()
    .default(true)
    .describe("Whether to leave out what `.gitignore` and `.plugboardignore` files below the roots name"),
  sources: z
    .array(source)
    .max(100)
    .default([])
    .describe(
      "Documents from elsewhere, in code: `{ name, load(signal), refreshMs? }`; loaded again after 5 minutes, or `refreshMs`",
    ),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/[?#]/.test(url), "must have neither a ? nor a #: the documents' paths are put behind it")
    .optional()
    .describe("Where the documents are published; without it, URLs are `file:` URIs"),
  dotfiles: z.boolean().default(false).describe("Whether to read files and folders whose name begins with a dot"),
  secrets: z
    .boolean()
    .default(false)
    .describe("Whether to read files that usually hold secrets: keys, `.env`, credentials"),
  languages: z
    .union([z.literal("auto"), z.array(language).min(1).max(50)])
    .default("auto")
    .describe(
      "Languages whose words are found in all their forms, as ISO 639-1 codes, the main one first; `auto`: all that there are",
    ),
  state: z
    .union([z.string().min(1).max(4_096), z.literal(false)])
    .optional()
    .describe(
      "Folder in which the index is kept between runs; `false`: nowhere. Default: `PLUGBOARD_STATE_DIR`, else where the platform keeps such files",
    ),
  watch: z.boolean().default(true).describe("Whether to watch the files, so that changes are found at once"),
  refreshMs: z
    .number()
    .int()
    .min(0)
    .max(86_400_000)
    .default(2_000)
    .describe("How long to trust the index before looking at the files again, in milliseconds"),
  defaultLimit: z.number().int().min(1).max(200).default(10).describe("Results per page where the caller does not say"),
  maxLimit: z.number().int().min(1).max(200).default(50).describe("Most results per page"),
  maxResults: z.number().int().min(10).max(5_000).default(500).describe("Most results of one query on all its pages"),
  snippetChars: z.number().int().min(80).max(2_000).default(260).describe("Longest snippet, in characters"),
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
    .describe("Most bytes of documents in all"),
  maxDepth: z.number().int().min(0).max(100).default(16).describe("How many folders deep to look below a root"),
  maxSections: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(5_000)
    .describe("Most sections of one file; the rest of it is left out"),
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

/** The options of `search` as it has them: checked, with their defaults. */
export type SearchOptions = z.output<typeof searchOptions>;
