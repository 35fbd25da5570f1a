import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Run from a package's folder (`vitest run --config ../../vitest.config.ts`): that folder is the root.
const conditions = ["@plugboard/source", "module", "node", "development|production"];

// What plugins keep between runs is not to be found in the home of whoever runs the tests.
const state = mkdtempSync(join(tmpdir(), "plugboard-state-"));
process.once("exit", () => rmSync(state, { recursive: true, force: true }));

export default defineConfig({
  root: process.cwd(),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    passWithNoTests: false,
    // Files of one worker share its modules: what one leaves behind, the next one notices.
    isolate: false,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    env: { PLUGBOARD_STATE_DIR: state },
    testTimeout: 20_000,
    reporters: ["default", ["json", { outputFile: ".test/results.json" }]],
    server: { deps: { inline: [/^@plugboard\//] } },
  },
});
