// Runs the TypeScript compiler for the package in the current folder: `check` its types, and those of the
// files that the other arguments name, or `build` its declarations.
// TypeScript wants a configuration file per project; this writes it where nobody has to read it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { binFile } from "./bin.mjs";
import { pruneDeclarations } from "./prune-declarations.mjs";
import { root } from "./workspace.mjs";

const mode = process.argv[2];
if (mode !== "check" && mode !== "build") {
  console.error("usage: node scripts/tsc.mjs check|build");
  process.exit(2);
}
const here = process.cwd();
const folder = join(here, "node_modules", ".cache", "plugboard");
mkdirSync(folder, { recursive: true });
const file = join(folder, `tsconfig.${mode}.json`);
const up = (/** @type {string} */ path) => relative(folder, path);

const own = existsSync(join(here, "src")) ? ["src", "test"] : ["."];
const config =
  mode === "build"
    ? {
        extends: up(join(root, "tsconfig.build.json")),
        compilerOptions: { rootDir: up(join(here, "src")), outDir: up(join(here, "dist")) },
        include: [up(join(here, "src"))],
      }
    : {
        extends: up(join(root, "tsconfig.json")),
        include: [...own, ...process.argv.slice(3)].map((path) => up(resolve(here, path))),
        exclude: [up(join(here, "node_modules"))],
      };
writeFileSync(file, JSON.stringify(config, null, 2));
const status = spawnSync(process.execPath, [binFile("typescript"), "-p", file], { stdio: "inherit" }).status ?? 1;
if (status === 0 && mode === "build") pruneDeclarations(here);
process.exit(status);
