/**
 * The decision about an offer:
 *
 * - `apply`: it belongs to the current connection;
 * - `accept`: it is the first one, so make a connection for it;
 * - `replace`: the caller made a new connection, so replace the current one;
 * - `yield`: both made a first offer, so discard this side's connection and become the callee;
 * - `ignore`: both made a first offer, and the remote peer has to yield.
 */
export type OfferDecision = "apply" | "accept" | "replace" | "yield" | "ignore";

/** The facts from which the decision is derived. */
export interface OfferFacts {
  readonly role: "caller" | "callee";
  readonly id: string;
  /** The name of the current connection, `<id of its caller>/<number>`; undefined without one. */
  readonly current: string | undefined;
  /** The name of the connection that the offer is for. */
  readonly offered: string;
}

/**
 * Decides what to do with an offer. Only first offers can cross, because afterwards one side makes
 * all offers. The side with the lower id stays the caller. The other one discards its whole
 * connection, because a rollback leaves traces in the browser (transceivers, for one).
 */
export function resolveGlare({ role, id, current, offered }: OfferFacts): OfferDecision {
  if (offered === current) return "apply";
  if (role === "callee") return current === undefined ? "accept" : "replace";
  const remoteId = offered.slice(0, offered.lastIndexOf("/"));
  return id <= remoteId ? "ignore" : "yield";
}
