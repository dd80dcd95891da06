/** Owns what the toolbar says to the stories: how many people, over which network, with which permission and backend. */
import { createContext, useContext } from "react";
import type { SimulatedPermission } from "twocan/testing";

/** The choices of the toolbar; undefined leaves it to the story. */
export interface Showroom {
  readonly participants: number | undefined;
  readonly network: "good" | "lossy" | "offline" | undefined;
  readonly permission: SimulatedPermission | undefined;
  /** The name of a backend, for the live call. */
  readonly backend: string | undefined;
  /** Has the toolbar say another one. */
  readonly chooseBackend: (name: string) => void;
}

export const ShowroomContext = createContext<Showroom>({
  participants: undefined,
  network: undefined,
  permission: undefined,
  backend: undefined,
  chooseBackend: () => undefined,
});

/** What the toolbar says now. */
export const useShowroom = (): Showroom => useContext(ShowroomContext);
