import { createContext, useContext } from "react";
import type { SimulatedPermission } from "twocan/testing";

/** The settings of the Storybook toolbar. Undefined where the story sets the value. */
export interface Toolbar {
  /** The number of remote participants. */
  readonly participants: number | undefined;
  readonly network: "good" | "lossy" | "offline" | undefined;
  readonly permission: SimulatedPermission | undefined;
  /** The name of a backend, for the live call. */
  readonly backend: string | undefined;
  /** Sets the backend in the toolbar. */
  readonly selectBackend: (name: string) => void;
}

export const ToolbarContext = createContext<Toolbar>({
  participants: undefined,
  network: undefined,
  permission: undefined,
  backend: undefined,
  selectBackend: () => undefined,
});

/** Returns the settings of the Storybook toolbar. */
export const useToolbar = (): Toolbar => useContext(ToolbarContext);
