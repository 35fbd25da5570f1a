import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sourceFiles } from "./files.mjs";

/**
 * What would tie the repository to one machine: the address of a package registry, a path that only one machine has.
 * @param {string} root
 * @returns {string[]}
 */
export function repositoryProblems(root) {
  return sourceFiles(root).flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return text.includes("\0") ? [] : fileProblems(file, text);
  });
}

const machinePath = /(?<![\w.~-])\/(?:work|tmp)\/\w/;

/** @type {Record<string, RegExp>} */
const registryAddress = {
  "pnpm-lock.yaml": /\btarball:|^(?!\s*deprecated:).*https?:\/\//,
  "pnpm-workspace.yaml": /^\s*registr(?:y|ies):/,
  ".npmrc": /^\s*(?:@[^:]+:)?registry\s*=|^\s*\/\//,
};

/**
 * @param {string} file
 * @param {string} text
 * @returns {string[]}
 */
export function fileProblems(file, text) {
  const address = registryAddress[file];
  return text.split("\n").flatMap((line, index) => {
    const where = `${file}:${index + 1}`;
    const problems = [];
    if (machinePath.test(line)) problems.push(`${where} names a path of one machine: ${line.trim().slice(0, 100)}`);
    if (address?.test(line)) problems.push(`${where} names a package registry: ${line.trim().slice(0, 100)}`);
    return problems;
  });
}
