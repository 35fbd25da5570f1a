import { buildSync } from "esbuild";
import { fileURLToPath } from "node:url";

/**
 * Builds a module of this folder for a process of its own, which then starts without compiling anything, and returns its
 * path. What is installed stays outside.
 */
export function bundled(module: string): string {
  const outfile = fileURLToPath(new URL(`../.test/${module.replace(/^.*\/|\.ts$/g, "")}.mjs`, import.meta.url));
  buildSync({
    entryPoints: [fileURLToPath(new URL(module, import.meta.url))],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
  });
  return outfile;
}
