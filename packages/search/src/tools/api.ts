import type { z } from "zod";
import type { SourceDocument } from "../files/given.ts";
import type { SearchData, searchInput } from "./schema.ts";

/** What a query may be narrowed by; the same as of the search tool. */
export type QueryOptions = Omit<z.input<ReturnType<typeof searchInput>>, "query"> & {
  readonly signal?: AbortSignal;
};

/** What code beside the tools can do: on the instance, and for other plugins as `call.service("search")`. */
export interface SearchApi {
  /**
   * Adds documents beside those of the files and sources, each in the place of what was added under its id. They are found
   * as soon as this has resolved, and live as long as the process.
   * @throws Error that names the document and the field, if one is not as it has to be; then none is added
   */
  add(
    documents: SourceDocument | readonly SourceDocument[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Removes documents that were added. Ids that are not there, and those of files and sources, are passed over. */
  remove(ids: string | readonly string[]): Promise<void>;
  /**
   * Searches, and gives the data that the search tool returns.
   * @throws TypeError for options out of bounds; ToolError for what the tool would return as an error
   */
  query(text: string, options?: QueryOptions): Promise<SearchData>;
  stats(): Record<string, number>;
}
