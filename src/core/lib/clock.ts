/** Milliseconds on a monotonic clock, which sleep and clock changes do not affect. */
export const monotonicNow = (): number => performance.now();
