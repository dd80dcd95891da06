/** Owns the list of all checks, and which of them an adapter that declares its lacks has to pass. */
import type { SignalingCapabilities } from "./backend.ts";
import { deliveryChecks } from "./delivery.ts";
import { presenceChecks } from "./presence.ts";
import type { ConformanceCheck } from "./stage.ts";
import { troubleChecks } from "./trouble.ts";

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
