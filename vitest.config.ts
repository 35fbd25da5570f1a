import { defineConfig } from "vitest/config";

// Run from a package's folder (`vitest run --config ../../vitest.config.ts`): that folder is the root.
const conditions = ["@plugboard/source", "module", "node", "development|production"];

export default defineConfig({
  root: process.cwd(),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["test/**/*.test.ts"],
    passWithNoTests: false,
    restoreMocks: true,
    testTimeout: 20_000,
    reporters: ["default", ["json", { outputFile: ".test/results.json" }]],
    server: { deps: { inline: [/^@plugboard\//] } },
  },
});
