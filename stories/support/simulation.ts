import { useEffect, useState } from "react";
import { useStore, type Call, type LocalMedia } from "twocan";
import { simulateCall, type Simulation, type SimulationOptions } from "twocan/testing";
import { useToolbar } from "./toolbar.tsx";

/** A simulation with its current snapshots. */
export interface Simulated {
  simulation: Simulation;
  call: Call;
  media: LocalMedia;
}

/**
 * Simulates a call while the story is mounted, without sound unless the options enable it, because a
 * docs page shows many stories at once. `options` are read once. `script` runs once, before the first
 * render. Settings of the toolbar override both: another number of participants skips the script.
 */
export function useSimulation(
  options?: SimulationOptions,
  script?: (simulation: Simulation) => void,
): Simulated {
  const { participants, permission, network } = useToolbar();
  const [simulation] = useState(() => {
    const created = simulateCall({
      sound: false,
      ...options,
      ...(participants !== undefined && { participants }),
      ...(permission && { permission }),
    });
    if (participants === undefined) script?.(created);
    return created;
  });
  useEffect(() => {
    const releases = [simulation.call.retain(), simulation.media.retain()];
    return () => {
      for (const release of releases) release();
    };
  }, [simulation]);
  useEffect(() => {
    if (network) simulation.network(network);
  }, [simulation, network]);
  return { simulation, call: useStore(simulation.call), media: useStore(simulation.media) };
}
