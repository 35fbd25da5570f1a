// How well templates are found in public logs whose templates people have labelled: Loghub-2k (github.com/logpai/loghub), 16
// systems of 2,000 lines. `node --import tsx templates.ts <folder of the data set> [system]`; a system's name lists what is wrong.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Summary } from "../../packages/logtail/src/summary/summary.ts";
import { table } from "../measure.ts";

/** Grouping accuracy of Drain as Zhu et al. measured it: "Tools and Benchmarks for Automated Log Parsing", ICSE 2019. */
const DRAIN: Readonly<Record<string, number>> = {
  Android: 0.911,
  Apache: 1,
  BGL: 0.963,
  HDFS: 0.998,
  HPC: 0.887,
  Hadoop: 0.948,
  HealthApp: 0.78,
  Linux: 0.69,
  Mac: 0.787,
  OpenSSH: 0.788,
  OpenStack: 0.733,
  Proxifier: 0.527,
  Spark: 0.92,
  Thunderbird: 0.955,
  Windows: 0.997,
  Zookeeper: 0.967,
};

interface Labelled {
  readonly content: string;
  readonly event: string;
  readonly template: string;
}

/** The rows of a file of comma-separated values, RFC 4180. */
function rows(text: string): string[][] {
  const found: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (row.length > 1) found.push(row);
    row = [];
  }
  return found;
}

function read(file: string): Labelled[] {
  const [head = [], ...lines] = rows(readFileSync(file, "utf8"));
  const [content, event, template] = ["Content", "EventId", "EventTemplate"].map((name) => head.indexOf(name)) as [
    number,
    number,
    number,
  ];
  return lines.map((row) => ({ content: row[content] ?? "", event: row[event] ?? "", template: row[template] ?? "" }));
}

/**
 * Compares two groupings of the same lines. `accuracy`: the part of the lines whose group is exactly a labelled one. `f1`:
 * of groups, so that rare templates count as much as frequent ones (Jiang et al., ISSTA 2024).
 */
function compare(
  labels: readonly string[],
  groups: readonly number[],
): { accuracy: number; f1: number; wrong: number[] } {
  const byGroup = new Map<number, number[]>();
  for (const [line, group] of groups.entries()) byGroup.set(group, [...(byGroup.get(group) ?? []), line]);
  const sizes = new Map<string, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  let lines = 0;
  let right = 0;
  const wrong: number[] = [];
  for (const members of byGroup.values()) {
    const kinds = new Set(members.map((line) => labels[line] ?? ""));
    const [kind = ""] = kinds;
    if (kinds.size === 1 && sizes.get(kind) === members.length) {
      lines += members.length;
      right++;
    } else wrong.push(members[0] ?? 0);
  }
  return { accuracy: lines / labels.length, f1: (2 * right) / (byGroup.size + sizes.size), wrong };
}

const [folder, only] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node --import tsx templates.ts <folder of the data set> [system]");
  process.exit(2);
}
const systems = readdirSync(folder).filter((name) => name in DRAIN && (only === undefined || name === only));
const results = systems.toSorted().map((system) => {
  const lines = read(join(folder, system, `${system}_2k.log_structured.csv`));
  const summary = new Summary({ maxTemplates: 5000 });
  for (const [at, { content }] of lines.entries()) summary.add({ message: content }, at);
  const templateOf = summary.classifier();
  const groups = lines.map(({ content }) => templateOf({ message: content }));
  const numbers = new Map([...new Set(groups)].map((template, at) => [template, at]));
  const { accuracy, f1, wrong } = compare(
    lines.map(({ event }) => event),
    groups.map((template) => numbers.get(template) ?? -1),
  );
  if (only !== undefined) {
    for (const line of wrong.slice(0, 60)) console.log(`${groups[line] ?? ""}\n    ${lines[line]?.template ?? ""}`);
  }
  return { system, labelled: new Set(lines.map(({ event }) => event)).size, found: numbers.size, accuracy, f1 };
});
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const shown = (value: number): string => value.toFixed(3);
table([
  ...results.map(({ system, accuracy, f1, ...rest }) => ({
    system,
    ...rest,
    "grouping accuracy": shown(accuracy),
    "Drain's": shown(DRAIN[system] ?? 0),
    "F1 of grouping": shown(f1),
  })),
  {
    system: "mean",
    labelled: "",
    found: "",
    "grouping accuracy": shown(mean(results.map(({ accuracy }) => accuracy))),
    "Drain's": shown(mean(results.map(({ system }) => DRAIN[system] ?? 0))),
    "F1 of grouping": shown(mean(results.map(({ f1 }) => f1))),
  },
]);
