import { join } from "node:path";
import { expect, test } from "vitest";
import { packageProblems } from "../structure.mjs";
import { temporary } from "./temp.ts";

const good = {
  name: "@plugboard/greet",
  version: "0.0.0",
  description: "Greets",
  license: "MIT",
  type: "module",
  engines: { node: ">=20" },
  files: ["dist", "README.md", "CHANGELOG.md", "LICENSE"],
  exports: {
    ".": { "@plugboard/source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./package.json": "./package.json",
  },
  publishConfig: {
    access: "public",
    exports: {
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./package.json": "./package.json",
    },
  },
  scripts: { build: "x", types: "x", test: "x" },
  peerDependencies: { "@plugboard/core": "workspace:>=0.0.0 <1" },
};

const problems = (manifest: object, files: Readonly<Record<string, string>> = {}, folder = "packages/greet") => {
  const path = temporary({
    "package.json": manifest,
    "README.md": "",
    "src/index.ts": "",
    "test/greet.test.ts": "",
    ...files,
  });
  return packageProblems({ folder, path, manifest });
};

test("a package as it should be has no problems", () => expect(problems(good)).toEqual([]));

test.each<[string, object]>([
  ["its name must be @plugboard/greet", { name: "greet" }],
  [`package.json has no script "test"`, { scripts: { build: "x", types: "x" } }],
  [`package.json must say "type": "module"`, { type: "commonjs" }],
  [`package.json must say "license": "MIT"`, { license: "ISC" }],
  ["package.json must say which Node it needs, in engines", { engines: {} }],
  ["package.json must publish dist, in files", { files: ["README.md", "CHANGELOG.md", "LICENSE"] }],
  ["package.json must publish CHANGELOG.md, in files", { files: ["dist", "README.md", "LICENSE"] }],
  ["package.json must have a description", { description: undefined }],
  [`publishConfig must have "access": "public"`, { publishConfig: { exports: good.publishConfig.exports } }],
  [`publishConfig.exports must be exports without "@plugboard/source"`, { publishConfig: { access: "public" } }],
  ["it has a version but no CHANGELOG.md: versions come from `npm run version-packages`", { version: "0.1.0" }],
  [
    `peerDependencies must have "@plugboard/core": "workspace:>=0.0.0 <1", or a higher lower bound`,
    { peerDependencies: {} },
  ],
  [
    "peerDependencies must not have vitest: every install by npm pays for it",
    { peerDependencies: { ...good.peerDependencies, vitest: ">=2" } },
  ],
  [
    `exports["."] must name its source file under "@plugboard/source"`,
    { exports: { ...good.exports, ".": { ...good.exports["."], "@plugboard/source": "./src/missing.ts" } } },
  ],
])("%s", (problem, change) => {
  expect(problems({ ...good, ...change })).toEqual([`packages/greet: ${problem}`]);
});

test("a plugin may need a newer core, and a released package has a changelog", () => {
  expect(problems({ ...good, peerDependencies: { "@plugboard/core": "workspace:>=0.3.0 <1" } })).toEqual([]);
  expect(problems({ ...good, version: "0.1.0" }, { "CHANGELOG.md": "" })).toEqual([]);
});

test("a tool's configuration belongs to the root", () => {
  expect(problems(good, { "tsconfig.json": "{}" })).toEqual([
    "packages/greet: tsconfig.json does not belong here: tools are configured at the root",
  ]);
  expect(problems({ ...good, files: [...good.files, "tsconfig.json"] }, { "tsconfig.json": "{}" })).toEqual([]);
});

test("a package has sources, tests and a README", () => {
  const path = temporary({ "package.json": good });
  const messages = packageProblems({ folder: "packages/greet", path, manifest: good }).join("\n");
  for (const missing of ["README.md", "src", "test"]) expect(messages).toContain(`it has no ${missing}`);
});

test("an app and core have no chain to share; a helper of this repository only has a name", () => {
  const { peerDependencies: _, ...others } = good;
  expect(problems({ ...others, name: "@plugboard/server" }, {}, "apps/server")).toEqual([]);
  expect(problems({ ...others, name: "@plugboard/core" }, {}, "packages/core")).toEqual([]);
  expect(packageProblems({ folder: "bench", path: join("nowhere"), manifest: { name: "@plugboard/bench" } })).toEqual(
    [],
  );
});
