/**
 * The chance to see `now` or more of `now + before` in the present, when each falls into it with the chance `share`: the
 * exact test of two Poisson rates. From 0 to 1; for more than 2,000 in all by the normal distribution.
 * @param share the present's part of both spans, from 0 to 1
 */
export function chanceOfRise(now: number, before: number, share: number): number {
  const total = now + before;
  if (now === 0 || share >= 1) return 1;
  if (share <= 0) return 0;
  if (total > 2000) {
    const deviation = Math.sqrt(total * share * (1 - share));
    return upperTail((now - 0.5 - total * share) / deviation);
  }
  let log = total * Math.log1p(-share);
  const odds = Math.log(share) - Math.log1p(-share);
  let chance = 0;
  for (let count = 0; count <= total; count++) {
    if (count >= now) chance += Math.exp(log);
    log += Math.log((total - count) / (count + 1)) + odds;
  }
  return Math.min(1, chance);
}

/** The normal distribution's part above `z`; Zelen and Severo, to within 1e-7. */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.231_641_9 * z);
  const series =
    t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
