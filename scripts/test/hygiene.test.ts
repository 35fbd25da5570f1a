import { expect, test } from "vitest";
import { fileProblems } from "../hygiene.mjs";

const path = (...parts: string[]) => ["", ...parts].join("/");

test.each([path("work", "main"), `"${path("tmp", "x")}"`, `file://${path("tmp", "x")}`])("%s is refused", (text) => {
  expect(fileProblems("README.md", `fine\n${text}`)).toEqual([`README.md:2 names a path of one machine: ${text}`]);
});

test.each(["docs/work/x", "https://example.com/tmp/x", "~/work/x", "./tmp/x", path("tmp"), path("var", "log", "x")])(
  "%s is allowed",
  (text) => expect(fileProblems("README.md", text)).toEqual([]),
);

test.each([
  ["pnpm-lock.yaml", "    resolution: {integrity: sha512-x, tarball: x.tgz}"],
  ["pnpm-lock.yaml", "  x@https://example.com/x.tgz:"],
  ["pnpm-workspace.yaml", "registry: https://example.com"],
  [".npmrc", "registry=https://example.com"],
  [".npmrc", "@scope:registry = https://example.com"],
  [".npmrc", "//example.com/:_authToken=x"],
])("%s may not say %s", (file, line) => {
  expect(fileProblems(file, line)).toEqual([`${file}:1 names a package registry: ${line.trim()}`]);
});

test.each([
  ["pnpm-lock.yaml", "    deprecated: Use https://example.com"],
  ["pnpm-lock.yaml", "    resolution: {integrity: sha512-x}"],
  ["README.md", "registry=https://example.com"],
])("%s may say %s", (file, line) => expect(fileProblems(file, line)).toEqual([]));
