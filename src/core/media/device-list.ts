import type { MediaEnvironment } from "./media-environment.ts";

/** A list of devices that follows plugging and unplugging. */
export interface DeviceList {
  /** Starts to follow; returns the way to stop. */
  watch(): () => void;
  /** Reads the list anew: ids and labels are empty until a capture was allowed (Media Capture, section 9.4). */
  refresh(): void;
  of(kind: MediaDeviceKind): readonly MediaDeviceInfo[];
}

/** How long to wait for the rest of a burst: one plug fires several `devicechange` events, in ms. */
const SETTLE = 200;

/** Makes the list; empty until it is watched or refreshed. */
export function createDeviceList(environment: MediaEnvironment, onChange: () => void): DeviceList {
  let lists: Partial<Record<MediaDeviceKind, readonly MediaDeviceInfo[]>> = {};
  let reading = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function read(): Promise<void> {
    const source = environment.mediaDevices;
    if (!source) return;
    reading += 1;
    const mine = reading;
    const devices = await source.enumerateDevices();
    // A later reading knows better.
    if (mine !== reading) return;
    const next: typeof lists = {};
    for (const device of devices)
      // Before permission there is one device without an id for each kind: nothing to choose.
      if (device.deviceId !== "") next[device.kind] = [...(next[device.kind] ?? []), device];
    if (describe(next) === describe(lists)) return;
    lists = next;
    onChange();
  }

  const refresh = () => void read().catch(() => undefined);
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, SETTLE);
  };

  return {
    watch() {
      const devices = environment.mediaDevices;
      devices?.addEventListener("devicechange", later);
      refresh();
      return () => {
        clearTimeout(timer);
        devices?.removeEventListener("devicechange", later);
      };
    },
    refresh,
    of: (kind) => lists[kind] ?? NONE,
  };
}

const NONE: readonly MediaDeviceInfo[] = Object.freeze([]);

function describe(lists: object): string {
  return JSON.stringify(lists);
}
