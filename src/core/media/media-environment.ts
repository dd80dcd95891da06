/** The kinds of device that `getUserMedia` captures. */
export type DeviceKind = "audio" | "video";

/** The sources of a capture: by `getUserMedia`, or by `getDisplayMedia`. */
export type CaptureSource = DeviceKind | "screen";

/** The name of each source in the Permissions API and in a permissions policy (Media Capture, section 10.1; Screen Capture, section 8). */
export const FEATURES = {
  audio: "microphone",
  video: "camera",
  screen: "display-capture",
} as const satisfies Record<CaptureSource, string>;

/**
 * The browser APIs that local media uses. Every member is read at each use, so an object with getters
 * may return something else the next time.
 */
export interface MediaEnvironment {
  /** `navigator.mediaDevices`; undefined on insecure pages and outside a browser. */
  readonly mediaDevices: MediaDevices | undefined;
  /** `navigator.permissions`; undefined where the browser has no Permissions API. */
  readonly permissions: Pick<Permissions, "query"> | undefined;
  readonly isSecureContext: boolean;
  /** Whether the page is in a frame, where a policy of the embedding page may apply. */
  readonly isFramed: boolean;
  /** Whether the permissions policy allows a source; undefined where the browser does not expose it. */
  policyAllows(source: CaptureSource): boolean | undefined;
  /** Creates an empty stream, like `new MediaStream()`. */
  createStream(): MediaStream;
  /** Calls `listener` whenever the window receives focus. Returns the function that unsubscribes. */
  onFocus(listener: () => void): () => void;
}

/** In Node and during server rendering there is no `navigator`. */
const navigatorNow = () => (globalThis as { navigator?: Partial<Navigator> }).navigator;

/** The environment of the page that loaded this module. */
export const browserEnvironment: MediaEnvironment = {
  get mediaDevices() {
    return navigatorNow()?.mediaDevices;
  },
  get permissions() {
    return navigatorNow()?.permissions;
  },
  get isSecureContext() {
    return globalThis.isSecureContext;
  },
  get isFramed() {
    return isFramed();
  },
  policyAllows,
  createStream: () => new MediaStream(),
  onFocus(listener) {
    globalThis.addEventListener?.("focus", listener);
    return () => globalThis.removeEventListener?.("focus", listener);
  },
};

/**
 * Whether the permissions policy of this document allows a source (Permissions Policy, section 4.8).
 * Undefined where the browser does not expose the policy (Firefox and Safari) and outside a browser.
 */
export function policyAllows(source: CaptureSource): boolean | undefined {
  const { document: page } = globalThis as {
    document?: { featurePolicy?: { allowsFeature(name: string): boolean } };
  };
  return page?.featurePolicy?.allowsFeature(FEATURES[source]);
}

/** Whether this document is in a frame. */
export function isFramed(): boolean {
  return globalThis.top !== globalThis.self;
}
