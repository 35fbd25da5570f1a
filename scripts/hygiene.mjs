import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What would tie the repository to one machine: the address of a package registry, a path that only one machine has.
 * @param {string} root
 * @returns {string[]}
 */
export function repositoryProblems(root) {
  return files(root).flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return text.includes("\0") ? [] : fileProblems(file, text);
  });
}

const machinePath = /(?<![\w.~/-])\/(?:work|tmp)\/\w/;

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

/**
 * The files that are not ignored, without asking git: there may be none.
 * @param {string} root
 */
function files(root) {
  const ignored = new Set([".git"]);
  for (const line of readFileSync(join(root, ".gitignore"), "utf8").split("\n")) ignored.add(line.replace(/\/$/, ""));
  return walk(root, "", ignored);
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {ReadonlySet<string>} ignored
 * @returns {string[]}
 */
function walk(root, folder, ignored) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (ignored.has(entry.name)) return [];
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return walk(root, path, ignored);
    return entry.isFile() ? [path] : [];
  });
}
