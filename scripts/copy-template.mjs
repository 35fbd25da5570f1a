import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sourceFiles } from "./files.mjs";

/**
 * Why `name` cannot be a plugin's, in one sentence; `undefined` where it can.
 * @param {string} name
 * @param {readonly string[]} taken
 * @param {string} template the folder of the template
 * @returns {string | undefined}
 */
export function nameProblem(name, taken, template) {
  if (!/^[a-z][a-z0-9]{1,31}$/.test(name)) {
    return `"${name}" is not a name for a plugin: take one lower-case noun, letters and digits only, such as "greet".`;
  }
  if (taken.includes(name)) return `There is already a package "${name}": choose another name.`;
  if (reserved.has(name) || wordsOfCode(template).has(name)) {
    return `"${name}" means something else in the code of a plugin: choose another name.`;
  }
  return undefined;
}

// The reserved words of the language that are nouns or verbs somebody might choose.
const reserved = new Set(
  "await break case catch class continue debugger default delete do else enum eval export extends finally for function if implements import in instanceof interface new package private protected public return static super switch this throw try typeof var void while with yield".split(
    " ",
  ),
);

/**
 * The names that the template's code uses: a plugin called like one of them would hide it.
 * @param {string} template
 */
function wordsOfCode(template) {
  const words = new Set();
  for (const file of sourceFiles(template)) {
    if (!file.endsWith(".ts")) continue;
    const code = readFileSync(join(template, file), "utf8").replace(/\/\*[^]*?\*\/|\/\/.*|"[^"\n]*"/g, " ");
    for (const [word] of code.matchAll(/\b[a-z]\w*/g)) words.add(word);
  }
  return words;
}

/**
 * Copies the template, with its name replaced by the plugin's: in paths, in code, in texts.
 * @param {string} from
 * @param {string} to the folder of the new package
 * @param {string} name
 */
export function copyTemplate(from, to, name) {
  const rename = (/** @type {string} */ text) => text.replaceAll("template", name);
  for (const file of sourceFiles(from)) {
    const text = rename(readFileSync(join(from, file), "utf8"));
    const target = join(to, rename(file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, file === "package.json" ? publishable(text) : text);
  }
}

/**
 * The package.json of a package that is published, and one folder deeper than the template.
 * @param {string} text
 */
function publishable(text) {
  const { private: _, ...manifest } = JSON.parse(text);
  for (const [task, command] of Object.entries(manifest.scripts)) {
    manifest.scripts[task] = command.replaceAll("../", "../../");
  }
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
