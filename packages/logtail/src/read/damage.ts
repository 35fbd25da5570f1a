import type { Listed } from "../files/source.ts";

/** A sentence that says from where on a compressed file cannot be read. */
export function damageOf({ relative }: Pick<Listed, "relative">, offset: number): string {
  return `"${relative}" is damaged: what follows byte ${offset} of it cannot be read.`;
}
