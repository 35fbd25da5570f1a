import { testPlugin } from "@plugboard/core/testing";
import { search } from "../src/index.ts";
import { describe, it } from "vitest";

testPlugin(search, {
  describe,
  it,
  options: { roots: ["test"], state: false },
  badOption: { roots: [""] },
  tools: { search: { query: "anything" }, search_similar: { id: "any" }, fetch: { id: "any" } },
});
