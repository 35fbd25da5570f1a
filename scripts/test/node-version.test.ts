import { cpSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeProblem } from "../node-version.mjs";
import { run } from "../process.mjs";
import { temporary } from "./temp.ts";

test.each(["20.19.0", "20.20.2", "22.0.0", "100.1.0"])("Node %s is new enough", (version) => {
  expect(nodeProblem(version, ">=20.19")).toBeUndefined();
});

test.each(["20.18.9", "18.20.4", "14.0.0", "8.99.0"])("Node %s is refused in one sentence", (version) => {
  expect(nodeProblem(version, ">=20.19")).toBe(
    `Plugboard needs Node 20.19 or newer and this is Node ${version}: install a newer one, then try again.`,
  );
});

test("a too old Node gets the sentence, and nothing else is loaded", async () => {
  const folder = temporary({ "package.json": { engines: { node: ">=99" } } });
  for (const file of ["run.mjs", "node-version.mjs"]) {
    cpSync(join(import.meta.dirname, "..", file), join(folder, "scripts", file));
  }
  const { code, stdout, output } = await run(process.execPath, [join(folder, "scripts", "run.mjs"), "start"]);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(output).toBe(`${nodeProblem(process.versions.node, ">=99")}\n`);
});
