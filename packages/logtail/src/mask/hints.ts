/** A text without one of these, in any case, holds no known secret. */
const HINTS =
  "pass pwd secret token key cred auth cookie bearer basic :// :\\/ gho_ ghp_ ghs_ ghu_ ghr_ github_pat glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- xox xapp- hooks.slack sk- k_live k_test whsec npm_ aiza ya29 gocspx akia asia abia acca eyj hf_ sg. pypi- dop_v1 dor_v1 doo_v1 -----begin sig= signature code= session sid".split(
    " ",
  );
const HINT = new RegExp(HINTS.map((hint) => hint.replace(/[.\\]/g, "\\$&")).join("|"), "i");
/** The first three characters of each hint, five bits of each: which no case changes. */
const STARTS = new Uint8Array(1 << 15);
for (const hint of HINTS) {
  STARTS[((hint.charCodeAt(0) & 31) << 10) | ((hint.charCodeAt(1) & 31) << 5) | (hint.charCodeAt(2) & 31)] = 1;
}

/** Whether a known secret can be in the text; an ordinary line costs a look at each of its characters. */
export function hinted(text: string): boolean {
  let last = 0;
  for (let at = 0; at < text.length; at++) {
    last = ((last << 5) | (text.charCodeAt(at) & 31)) & 0x7fff;
    if (STARTS[last] === 1 && at > 1) return HINT.test(text);
  }
  return false;
}
