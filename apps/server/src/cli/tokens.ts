/**
 * About how many tokens a model's tokenizer makes of a text: one for each four bytes of UTF-8. Measured on the tools of this
 * server against o200k_base: 2 % too many for all of them together, within 15 % for each.
 */
export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}
