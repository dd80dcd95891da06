/** Owns what happens to the devices of a simulated page: allowed, refused, plugged in and pulled out. */
import { refusalOf, type Permission, type SimulatedDevices } from "./simulated-devices.ts";
import type { SimulatedMedia } from "./simulated-media.ts";
import type { Simulation } from "./simulation.ts";

/** Makes the verbs. */
export function deviceVerbs(
  { controls, publish }: SimulatedMedia,
  devices: SimulatedDevices,
  permission: Permission,
): Pick<Simulation, "permission" | "plug" | "unplug" | "interrupt"> {
  return {
    permission(state) {
      permission.set(state);
      if (refusalOf(state)) for (const control of controls) control.lose();
      publish();
    },
    plug(kind, label) {
      devices.plug(kind, label);
      publish();
    },
    unplug(kind, label) {
      const gone = devices.unplug(kind, label);
      for (const control of controls) control.lose(gone);
      publish();
    },
    interrupt(name, interrupted = true) {
      const kind = name === "camera" ? "video" : "audio";
      for (const { device } of controls) if (device.kind === kind) device.interrupt(interrupted);
    },
  };
}
