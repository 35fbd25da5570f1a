import { testPlugin } from "@plugboard/core/testing";
import { search } from "../src/index.ts";

testPlugin(search, {
  options: { roots: ["test"] },
  badOption: { roots: [] },
  tools: { search: { query: "anything" }, fetch: { id: "any" } },
});
