/** Owns the way of the stories to a simulated call. */
import { useEffect, useState } from "react";
import { useStore, type Call, type LocalMedia } from "twocan";
import { simulateCall, type Simulation, type SimulationOptions } from "twocan/testing";
import { useShowroom } from "./showroom.tsx";

/** A simulation and what it shows now. */
export interface Simulated {
  simulation: Simulation;
  call: Call;
  media: LocalMedia;
}

/**
 * A simulated call for as long as the story shows, without sound unless the options say so: a docs
 * page shows many stories at once. `options` count once; `script` runs once, before anything is seen.
 * What is chosen in the toolbar goes before both: other people are another story.
 */
export function useSimulation(
  options?: SimulationOptions,
  script?: (simulation: Simulation) => void,
): Simulated {
  const { participants, permission, network } = useShowroom();
  const [simulation] = useState(() => {
    const made = simulateCall({
      sound: false,
      ...options,
      ...(participants !== undefined && { participants }),
      ...(permission && { permission }),
    });
    if (participants === undefined) script?.(made);
    return made;
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
