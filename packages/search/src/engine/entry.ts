import type { buildSync } from "esbuild";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

let fromSource: URL | undefined;

/** What a thread runs: the worker's file beside the built package; of the source, a bundle that is made once in a process. */
export function workerEntry(): URL {
  if (!import.meta.url.endsWith(".ts")) return new URL("./worker.js", import.meta.url);
  return (fromSource ??= bundle(fileURLToPath(new URL("../worker.ts", import.meta.url))));
}

/** Node 20 does not run TypeScript, and to load a compiler in each thread takes longer than all that most of them do. */
function bundle(file: string): URL {
  const esbuild = createRequire(import.meta.url)("esbuild") as { readonly buildSync: typeof buildSync };
  const { outputFiles } = esbuild.buildSync({
    entryPoints: [file],
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    write: false,
  });
  return new URL(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? "")}`);
}
