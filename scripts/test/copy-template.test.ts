import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyTemplate, nameProblem } from "../copy-template.mjs";
import { sourceFiles } from "../files.mjs";
import { packageProblems } from "../structure.mjs";
import { root } from "../workspace.mjs";
import { temporary } from "./temp.ts";

const template = join(root, "template");

test.each(["greet", "weather2"])("%s is a name", (name) => {
  expect(nameProblem(name, ["core"], template)).toBeUndefined();
});

test.each(["", "Greet", "greet-me", "greet_me", "2greet", "../greet", "@plugboard/greet", "g", "g".repeat(33)])(
  "%j is no name",
  (name) => expect(nameProblem(name, ["core"], template)).toContain(`"${name}" is not a name for a plugin: take one`),
);

test("a name that is taken is refused", () => {
  expect(nameProblem("core", ["core"], template)).toBe('There is already a package "core": choose another name.');
});

test.each(["new", "class", "host", "call", "tally", "test"])("%s would break the code", (name) => {
  expect(nameProblem(name, [], template)).toContain(`"${name}" means something else in the code of a plugin`);
});

test("the copy is a package of its own, under its own name everywhere", () => {
  const folder = join(temporary(), "packages", "greet");
  copyTemplate(template, folder, "greet");

  expect(existsSync(join(folder, "test", "greet.test.ts"))).toBe(true);
  for (const file of sourceFiles(folder)) {
    expect(`${file} ${readFileSync(join(folder, file), "utf8")}`).not.toMatch(/template/i);
  }
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  expect(manifest).not.toHaveProperty("private");
  expect(manifest.publishConfig.access).toBe("public");
  expect(manifest.scripts.test).toBe("vitest run --config ../../vitest.config.ts");
  expect(packageProblems({ folder: "packages/greet", path: folder, manifest })).toEqual([]);
});
