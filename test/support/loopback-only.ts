/** Servers that a connection was given, outside this machine. Empty unless a test forgot its own `iceServers`. */
export const outsideServers: string[] = [];

/** Addresses of this machine. A text without a host is left for the browser to refuse. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Makes `RTCPeerConnection` throw if it is given an ICE server outside this machine, so that no test,
 * story or benchmark contacts one. The default of `createCall` and `createPeer` is public STUN servers,
 * so each of ours passes its own `iceServers`.
 *
 * @param allowed Other hosts that are allowed: those of a network laboratory.
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
