/**
 * The sentence for somebody whose Node is too old, or `undefined`. `range` is the form that we use in `engines`: `>=20.19`.
 * @param {string} version such as `20.20.2`
 * @param {string} range
 * @returns {string | undefined}
 */
export function nodeProblem(version, range) {
  const wanted = range.replace(/^>=\s*/, "");
  if (compare(version, wanted) >= 0) return undefined;
  return `Plugboard needs Node ${wanted} or newer and this is Node ${version}: install a newer one, then try again.`;
}

/**
 * @param {string} a
 * @param {string} b
 */
function compare(a, b) {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] || 0) - (right[i] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
