import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

interface Manifest {
  exports?: Record<string, string | { "@plugboard/source"?: string }>;
  bin?: Record<string, string>;
}

// The entries are what the package exports and runs: package.json is the one list.
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const exported = Object.values(manifest.exports ?? {}).flatMap((target) =>
  typeof target === "object" && target["@plugboard/source"] ? [target["@plugboard/source"]] : [],
);
const run = Object.values(manifest.bin ?? {}).map((file) =>
  file.replace(/^(\.\/)?dist\//, "src/").replace(/\.js$/, ".ts"),
);

export default defineConfig({
  entry: [...new Set([...exported, ...run].map((file) => file.replace(/^\.\//, "")))],
  format: "esm",
  target: "node20",
  platform: "node",
  removeNodeProtocol: false,
  splitting: true,
  sourcemap: true,
  clean: true,
  dts: false,
});
