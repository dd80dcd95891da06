/** Owns the list of all checks, and which of them an adapter that declares its lacks has to pass. */
import type { SignalingCapabilities } from "./signaling-backend.ts";
import { deliveryChecks } from "./delivery-checks.ts";
import { presenceChecks } from "./presence-checks.ts";
import type { ConformanceCheck } from "./conformance-check.ts";
import { troubleChecks } from "./fault-checks.ts";

/** Everything that the suite proves, each by its name; run one with `runCheck`. */
export const conformanceChecks: readonly ConformanceCheck[] = [
  ...presenceChecks,
  ...deliveryChecks,
  ...troubleChecks,
];

/** The checks that hold for what is declared. */
export function checksFor(capabilities: SignalingCapabilities = {}): readonly ConformanceCheck[] {
  const { lacks = {}, peers = Infinity, awaits = false } = capabilities;
  return conformanceChecks.filter(
    ({ promise, people = 2, unawaited }) =>
      !(promise in lacks) && people <= peers && !(awaits && unawaited),
  );
}
