import { buildSync } from "esbuild";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

/** Bytes of what `source` needs of core, minified and gzipped; zod is a peer. */
function size(source: string): number {
  const resolveDir = fileURLToPath(new URL("../src", import.meta.url));
  const { outputFiles } = buildSync({
    stdin: { contents: source, resolveDir },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["zod"],
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
}

// Limits and their reasons: docs/decisions/0002-size-of-core.md.
it("brings little into a plugin", () => {
  expect(
    size('export { compose, currentCall, definePlugin, PluginError, ToolError, toolResult } from "./index.ts"'),
  ).toBeLessThanOrEqual(11_200);
});

it("stays small as a whole", () => {
  expect(size('export * from "./index.ts"')).toBeLessThanOrEqual(13_600);
});
