import type { SignalingCapabilities } from "./signaling-backend.ts";
import { deliveryChecks } from "./delivery-checks.ts";
import { presenceChecks } from "./presence-checks.ts";
import type { ConformanceCheck } from "./conformance-check.ts";
import { faultChecks } from "./fault-checks.ts";

/** Lists all checks of the suite, in the order in which {@link describeSignaling} registers them. Run one with {@link runCheck}. */
export const conformanceChecks: readonly ConformanceCheck[] = [
  ...presenceChecks,
  ...deliveryChecks,
  ...faultChecks,
];

/**
 * Returns the checks that an adapter with these capabilities has to pass. It leaves out the checks of
 * the promises in `lacks`, those that need more peers than fit in a room, and those that a backend
 * with `awaits` cannot pass.
 *
 * @param capabilities Default: all checks.
 */
export function checksFor(capabilities: SignalingCapabilities = {}): readonly ConformanceCheck[] {
  const { lacks = {}, peers = Infinity, awaits = false } = capabilities;
  return conformanceChecks.filter(
    ({ promise, people = 2, unawaited }) =>
      !(promise in lacks) && people <= peers && !(awaits && unawaited),
  );
}
