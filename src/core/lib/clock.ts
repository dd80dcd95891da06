/**
 * Milliseconds on a monotonic clock, for durations and deadlines. Unlike `Date.now()` it never jumps
 * when the system clock is set.
 */
export const monotonicNow = (): number => performance.now();
