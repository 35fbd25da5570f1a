import { describe, it } from "node:test";
import { core } from "../src/index.ts";
import { testPlugin } from "../src/testing/index.ts";

// Another runner than this repository's own, started by `contract.test.ts`; with a MAX_CHARS that is allowed it has to fail.
testPlugin(core, { describe, it, badOption: { maxChars: Number(process.env["MAX_CHARS"]) } });
