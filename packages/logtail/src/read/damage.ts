import type { OpenFile } from "@plugboard/core/files";
import type { Listed } from "../files/source.ts";
import { statOf } from "../lines/bytes.ts";

const WRITTEN_MS = 10_000;

/** Whether a file changed less than ten seconds ago: a compressed one that ends early may still be written. */
export async function isYoung(file: OpenFile): Promise<boolean> {
  return Date.now() - (await statOf(file)).mtimeMs < WRITTEN_MS;
}

/** A sentence that says from where on a compressed file cannot be read. */
export function damageOf({ relative }: Pick<Listed, "relative">, offset: number): string {
  return `"${relative}" is damaged: what follows byte ${offset} of it cannot be read.`;
}
