import type { SimulatedEnvironment } from "./simulated-environment.ts";
import type { SimulatedMedia } from "./simulated-local-media.ts";
import type { Simulation } from "./simulation.ts";

/** The verbs of a simulation that change the devices of the page. */
export function deviceVerbs(
  environment: SimulatedEnvironment,
  { publish }: SimulatedMedia,
): Pick<Simulation, "permission" | "plug" | "unplug" | "interrupt"> {
  return {
    permission(state) {
      environment.setPermission(state);
      publish();
    },
    plug(kind, label) {
      environment.plug(kind, label);
      publish();
    },
    unplug(kind, label) {
      environment.unplug(kind, label);
      publish();
    },
    interrupt: (device, interrupted = true) =>
      environment.interrupt(device === "camera" ? "video" : "audio", interrupted),
  };
}
