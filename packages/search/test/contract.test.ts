import { testPlugin } from "@plugboard/core/testing";
import { search } from "../src/index.ts";

// Its options are required, which the suite's type does not foresee.
testPlugin(search as unknown as Parameters<typeof testPlugin>[0], {
  options: { roots: ["test"] },
  badOption: { roots: [] },
  tools: { search: { query: "anything" }, fetch: { id: "any" } },
});
