import { testPlugin } from "@plugboard/core/testing";
import { search } from "../src/index.ts";

testPlugin(search, {
  options: { roots: ["test"], state: false },
  badOption: { roots: [""] },
  tools: { search: { query: "anything" }, search_similar: { id: "any" }, fetch: { id: "any" } },
});
