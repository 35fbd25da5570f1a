import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../../scripts/workspace.mjs";
import { withOrigin } from "../repository.mjs";
import { tarballProblems } from "../tarballs.mjs";

const good = {
  "package.json": JSON.stringify({
    name: "@plugboard/greet",
    version: "0.1.0",
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
    dependencies: { "lru-cache": "^11.0.0" },
    peerDependencies: { "@plugboard/core": ">=0.0.0 <1" },
  }),
  "README.md": "# Greet",
  "CHANGELOG.md": "## 0.1.0",
  LICENSE: "MIT",
  "dist/index.js": `import { a } from "./chunk-A.js";\nnew Worker(new URL("./worker.js", import.meta.url));`,
  "dist/index.js.map": "{}",
  "dist/chunk-A.js": `import("./lazy.js");`,
  "dist/lazy.js": "",
  "dist/worker.js": "",
  "dist/index.d.ts": `export { a } from "./a.ts";`,
  "dist/a.d.ts": "",
};

function problems(
  files: Readonly<Record<string, string>>,
  options: Parameters<typeof tarballProblems>[1] = {},
): string[] {
  const folder = mkdtempSync(join(tmpdir(), "plugboard-tarball-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return tarballProblems(folder, options);
}

const withManifest = (change: object) => ({
  ...good,
  "package.json": JSON.stringify({ ...JSON.parse(good["package.json"]), ...change }),
});

test("a package as it should be has no problems", () => expect(problems(good)).toEqual([]));

test.each<[string, Record<string, string>]>([
  ["dist/old.js is not needed: nothing in the package reaches it", { ...good, "dist/old.js": "" }],
  ["src/index.ts is not needed: nothing in the package reaches it", { ...good, "src/index.ts": "" }],
  ["package.json points at dist/more.js, which is not there", withManifest({ main: "./dist/more.js" })],
  ["package.json points at a source file, src/index.ts", withManifest({ main: "./src/index.ts" })],
  [
    `dependencies has "@plugboard/core": "workspace:^", which means nothing outside the repository`,
    withManifest({ dependencies: { "@plugboard/core": "workspace:^" } }),
  ],
  [
    `its exports have the condition "@plugboard/source"`,
    withManifest({ exports: { ".": { "@plugboard/source": "./dist/index.js", types: "./dist/index.d.ts" } } }),
  ],
  [`dist/lazy.js names the folder ${root}`, { ...good, "dist/lazy.js": `"${root}/x"` }],
])("%s", (problem, files) => expect(problems(files)).toEqual([problem]));

test("the registry that a package came from is no part of it", () => {
  const files = { ...good, "README.md": "from 127.0.0.1:4873" };
  expect(problems(files, { registries: ["127.0.0.1:4873"] })).toEqual(["README.md names the registry 127.0.0.1:4873"]);
});

test.each(["README.md", "LICENSE", "CHANGELOG.md"] as const)("a package without %s", (name) => {
  const { [name]: _, ...others } = good;
  expect(problems(others)).toEqual([`it has no ${name}`]);
  expect(problems(others, { seed: true })).toEqual(name === "CHANGELOG.md" ? [] : [`it has no ${name}`]);
});

test("a published package says where it comes from", () => {
  expect(withOrigin({ name: "x" }, "packages/x", "https://example.org/a/b")).toEqual({
    name: "x",
    homepage: "https://example.org/a/b/tree/main/packages/x#readme",
    bugs: "https://example.org/a/b/issues",
    repository: { type: "git", url: "git+https://example.org/a/b.git", directory: "packages/x" },
  });
});
