// The entry of every root script: `node scripts/run.mjs <command> [arguments]`. An old Node must get as far as the message
// that says so: this file and node-version.mjs keep to what Node 12 understands, the rest is loaded after the check.
import { readFileSync } from "fs";
import { nodeProblem } from "./node-version.mjs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const problem = nodeProblem(process.versions.node, manifest.engines.node);
if (problem) {
  console.error(problem);
  process.exitCode = 1;
} else {
  void import("./main.mjs").then((main) => main.run(process.argv[2], process.argv.slice(3)));
}
