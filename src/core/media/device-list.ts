import type { MediaEnvironment } from "./media-environment.ts";

/** Lists the connected devices. */
export interface DeviceList {
  /** Updates the list whenever a device is plugged in or unplugged. Returns the function that ends this. */
  watch(): () => void;
  /** Reads the list again. Ids and labels are empty until a capture was allowed (Media Capture, section 9.4). */
  refresh(): void;
  of(kind: MediaDeviceKind): readonly MediaDeviceInfo[];
}

/** Time in ms after which `devicechange` events count as one change: plugging in one device fires several. */
const DEBOUNCE_MS = 200;

/** Creates a list. It is empty until it is watched or refreshed. */
export function createDeviceList(environment: MediaEnvironment, onChange: () => void): DeviceList {
  let lists: Partial<Record<MediaDeviceKind, readonly MediaDeviceInfo[]>> = {};
  /** The number of the newest read. */
  let newest = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function read(): Promise<void> {
    const source = environment.mediaDevices;
    if (!source) return;
    newest += 1;
    const own = newest;
    const devices = await source.enumerateDevices();
    // Reads can finish out of order, and an older result would overwrite a newer one.
    if (own !== newest) return;
    const next: typeof lists = {};
    for (const device of devices)
      // Before permission, the browser lists one device per kind, without an id. It cannot be selected.
      if (device.deviceId !== "") next[device.kind] = [...(next[device.kind] ?? []), device];
    if (isSame(next, lists)) return;
    lists = next;
    onChange();
  }

  const refresh = () => void read().catch(() => undefined);
  const refreshLater = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, DEBOUNCE_MS);
  };

  return {
    watch() {
      const devices = environment.mediaDevices;
      devices?.addEventListener("devicechange", refreshLater);
      refresh();
      return () => {
        clearTimeout(timer);
        devices?.removeEventListener("devicechange", refreshLater);
      };
    },
    refresh,
    of: (kind) => lists[kind] ?? NONE,
  };
}

const NONE: readonly MediaDeviceInfo[] = Object.freeze([]);

const isSame = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b);
