import { testPlugin } from "@plugboard/core/testing";
import { logtail } from "../src/index.ts";

testPlugin(logtail, {
  options: { paths: ["test/contract.test.ts"] },
  badOption: { paths: [""] },
  tools: {
    logtail_list: {},
    logtail_read: {},
    logtail_search: { text: "anything" },
    logtail_summarize: {},
  },
});
