import { core } from "../src/index.ts";
import { testPlugin } from "../src/testing/index.ts";

testPlugin(core, { badOption: { maxChars: -1 } });
