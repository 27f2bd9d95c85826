/**
 * Exact 95% intervals of counted shares (Clopper and Pearson 1934), as the server computes them
 * (training/rules/intervals.py): they cover the true share with probability 95% or more, whatever n.
 */

export type Interval = readonly [low: number, high: number];

/** (low, high) in [0, 1] for `right` of `n`; (0, 1) where n is 0. */
export function clopperPearson(right: number, n: number, confidence = 0.95): Interval {
  if (!(right >= 0 && right <= n)) throw new RangeError(`${right} of ${n}: the first must lie from 0 to the second.`);
  const tail = (1 - confidence) / 2;
  const low = right === 0 ? 0 : betaQuantile(tail, right, n - right + 1);
  const high = right === n ? 1 : betaQuantile(1 - tail, right + 1, n - right);
  return [low, high];
}

/** x with P(Beta(a, b) <= x) = p, by bisection to the last bit that matters. */
function betaQuantile(p: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 52 && high - low > 1e-12; step += 1) {
    const middle = (low + high) / 2;
    if (betaShare(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The regularized incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22). */
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast below the mean only; above it, the other tail does.
  if (x > (a + 1) / (a + b + 2)) return 1 - betaShare(1 - x, b, a);
  const front = Math.exp(lnGamma(a + b) - lnGamma(a) - lnGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1), tiny);
  let fraction = d;
  for (let m = 1; m <= 1000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / notZero(1 + even * d, tiny);
    c = notZero(1 + even / c, tiny);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / notZero(1 + odd * d, tiny);
    c = notZero(1 + odd / c, tiny);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-14) break;
  }
  return front * fraction;
}

const notZero = (value: number, tiny: number) => (Math.abs(value) < tiny ? tiny : value);

/** ln of the gamma function of x >= 1: Stirling's series (DLMF 5.11.1), begun at 8 or above. */
function lnGamma(x: number): number {
  let shift = 0;
  let at = x;
  while (at < 8) {
    shift += Math.log(at);
    at += 1;
  }
  const square = 1 / (at * at);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))) / at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
