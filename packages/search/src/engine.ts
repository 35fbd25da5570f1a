/**
 * The engine alone, without MCP: `@plugboard/search/engine`.
 * @module
 */
export { localEngine } from "./engine/local.ts";
export type { LocalEngineOptions } from "./engine/local.ts";
export type {
  Answer,
  DocumentState,
  Engine,
  Filter,
  Hit,
  IndexDocument,
  SearchRequest,
  StoredDocument,
  StoredSection,
} from "./engine/types.ts";
export { parseQuery } from "./query/parse.ts";
export type { Query, QueryField, QueryWord } from "./query/types.ts";
export type { Section } from "./documents/sections.ts";
export { LANGUAGES } from "./analysis/languages.ts";
