/** ICE servers outside this machine that a test passed. Empty unless a test did not set `iceServers`. */
export const outsideServers: string[] = [];

/** Addresses of this machine. The browser itself rejects a URL without a host. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Makes `RTCPeerConnection` throw if it is given an ICE server outside this machine, so that no test,
 * story or benchmark contacts one. `createCall` and `createPeer` use public STUN servers by default, so
 * every test has to pass `iceServers`.
 *
 * @param allowed Matches the allowed hosts. The network tests pass their servers.
 */
export function allowLoopbackOnly(allowed: RegExp = LOOPBACK): void {
  const check = ({ iceServers = [] }: RTCConfiguration = {}) => {
    const found = hostsOf(iceServers).filter((host) => !allowed.test(host));
    if (found.length === 0) return;
    outsideServers.push(...found);
    throw new Error(
      `ICE servers outside this machine: ${found.join(", ")}. Pass \`iceServers: []\`, or servers of this machine.`,
    );
  };
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      check(configuration);
      super(configuration);
    }

    override setConfiguration(configuration?: RTCConfiguration): void {
      check(configuration);
      super.setConfiguration(configuration);
    }
  };
}

function hostsOf(iceServers: readonly RTCIceServer[]): string[] {
  return [iceServers]
    .flat()
    .flatMap((server) => server?.urls ?? [])
    .flatMap(
      (url) => /^(?:stun|turn)s?:(\[[^\]]*\]|[^:?@/]+)(?=[:?]|$)(?!.*@)/.exec(url)?.[1] ?? [],
    );
}
