/** A thing to measure: `run` does `size` operations. */
export interface Subject {
  readonly name: string;
  run(size: number): Promise<void>;
}

export interface Measured {
  readonly name: string;
  /** Lower quartile, over all rounds, of the processor time per operation in nanoseconds. */
  readonly ns: number;
  /** Speed against the first subject: 1 is as fast, 0.5 is half as fast. */
  readonly ratio: number;
}

/**
 * Runs the subjects in turn, in many short rounds of changing order, and takes the lower quartile of the processor time: what
 * else the machine does hits all subjects alike, and mostly the upper half.
 */
export async function compare(
  subjects: readonly Subject[],
  { rounds = 200, size = 300, warmup = 30 } = {},
): Promise<Measured[]> {
  const times = subjects.map((): number[] => []);
  for (let round = -warmup; round < rounds; round++) {
    for (let place = 0; place < subjects.length; place++) {
      const index = (place + round + warmup) % subjects.length;
      const before = process.cpuUsage();
      await subjects[index]?.run(size);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[index]?.push(((user + system) * 1000) / size);
    }
  }
  const ns = times.map((own) => quantile(own, 0.25));
  return subjects.map(({ name }, index) => ({ name, ns: ns[index] ?? 0, ratio: (ns[0] ?? 0) / (ns[index] ?? 1) }));
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

export function table(rows: readonly Record<string, string | number>[]): void {
  const keys = Object.keys(rows[0] ?? {});
  const width = (key: string): number => Math.max(key.length, ...rows.map((row) => String(row[key]).length));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(width(keys[index] ?? ""))).join(" | ")} |`;
  console.log(line(keys));
  console.log(`|${keys.map((key) => "-".repeat(width(key) + 2)).join("|")}|`);
  for (const row of rows) console.log(line(keys.map((key) => String(row[key]))));
}
