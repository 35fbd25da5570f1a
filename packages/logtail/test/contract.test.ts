import { testPlugin } from "@plugboard/core/testing";
import { logtail } from "../src/index.ts";
import { describe, it } from "vitest";

testPlugin(logtail, {
  describe,
  it,
  options: { paths: ["test/contract.test.ts"] },
  badOption: { paths: [""] },
  tools: {
    logtail_list: {},
    logtail_read: {},
    logtail_search: { text: "anything" },
    logtail_summarize: {},
  },
});
