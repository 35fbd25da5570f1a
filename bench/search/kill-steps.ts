/** The version of each document. */
export type States = ReadonlyMap<string, string>;

export interface Step {
  /** Id and version. */
  readonly put: readonly (readonly [string, string])[];
  readonly remove: readonly string[];
}

/** What is done in step `step`, from 1: new documents, a change of old ones, and now and then the end of one. */
export function stepOf(step: number): Step {
  const put = Array.from({ length: 5 }, (_, at) => [`doc-${step}-${at}`, "1"] as const);
  // Steps are few enough that a version is told by the number of steps since the document came.
  const old = Math.floor(step / 2);
  const changed = old > 0 && step % 2 === 0 ? [[`doc-${old}-0`, "2"] as const] : [];
  const gone = step % 3 === 0 ? [`doc-${step / 3}-1`] : [];
  return { put: [...put, ...changed], remove: gone };
}

/** What is there after that many steps. */
export function statesAfter(steps: number): States {
  const states = new Map<string, string>();
  for (let step = 1; step <= steps; step++) {
    const { put, remove } = stepOf(step);
    for (const [id, version] of put) states.set(id, version);
    for (const id of remove) states.delete(id);
  }
  return states;
}

/** A word that stands in one version of one document: letters alone, so that it is one word to everybody. */
export function wordOf(id: string, version: string): string {
  const letters = `${id.slice(4)}-${version}`
    .replaceAll("-", "x")
    .replace(/\d/g, (digit) => "bcdfghjklm"[Number(digit)] ?? "");
  return `zq${letters}z`;
}
