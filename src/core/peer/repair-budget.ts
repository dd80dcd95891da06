/** A silent connection has this long to recover, once the remote peer can be reached. */
export const ROUTE_GRACE_MS = 300;
/** The longest grace. */
export const ROUTE_GRACE_MAX_MS = 12_000;
/** New connections count for this long. */
export const RECENT_MS = 60_000;
/** An attempt is abandoned after this time if the remote peer has not acknowledged its messages. */
export const UNACKNOWLEDGED_MS = 90_000;
/**
 * Probes may stay unanswered for this long while other data arrives, because the data channel is slow
 * after a silence.
 */
export const SLOW_PROBES_MS = 12_000;
/** This many connections are tried in a row. Then connecting is given up. */
export const MAX_ATTEMPTS = 3;

/** Returns the times of the recent new connections, with `now` added. All times in ms. */
export function addRebuild(rebuiltAt: readonly number[], now: number): readonly number[] {
  return [...recent(rebuiltAt, now), now];
}

/**
 * Returns how long a silent connection may take to recover before it is replaced, in ms: four times
 * as long after each recent new connection. Where the machine is the bottleneck, each new connection
 * makes it slower.
 */
export function routeGraceMs(rebuiltAt: readonly number[], now: number): number {
  return Math.min(ROUTE_GRACE_MS * 4 ** recent(rebuiltAt, now).length, ROUTE_GRACE_MAX_MS);
}

/** Returns for how long an attempt may be repeated after it timed out, in ms since its start. */
export function attemptAllowanceMs(facts: { isSettled: boolean; isReceiving: boolean }): number {
  if (!facts.isSettled) return UNACKNOWLEDGED_MS;
  return facts.isReceiving ? SLOW_PROBES_MS : 0;
}

/**
 * Returns whether another connection is tried after `attempts` failed. If the remote peer was never
 * connected and acknowledges nothing, it is not there.
 */
export function allowsAttempt(facts: {
  attempts: number;
  wasConnected: boolean;
  isSettled: boolean;
}): boolean {
  if (facts.attempts >= MAX_ATTEMPTS) return false;
  return facts.attempts === 0 || facts.wasConnected || facts.isSettled;
}

function recent(rebuiltAt: readonly number[], now: number): readonly number[] {
  return rebuiltAt.filter((at) => at > now - RECENT_MS);
}
