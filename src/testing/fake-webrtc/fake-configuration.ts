/** Owns what may be configured of a played connection (WebRTC 1.0, section 4.4.1.6). */
import { failure } from "../fake-devices/fake-events.ts";

/** As `getConfiguration()` shows it. */
export function withDefaults(configuration: RTCConfiguration): RTCConfiguration {
  return {
    iceServers: [],
    iceTransportPolicy: "all",
    bundlePolicy: "balanced",
    rtcpMuxPolicy: "require",
    iceCandidatePoolSize: 0,
    ...configuration,
  };
}

/**
 * @throws {DOMException} `SyntaxError` for a server that is none, `InvalidAccessError` for TURN
 * without credentials, `InvalidModificationError` for what a connection keeps for its life.
 */
export function assertConfiguration(next: RTCConfiguration, former?: RTCConfiguration): void {
  for (const { urls, username, credential } of next.iceServers ?? [])
    for (const url of [urls].flat()) {
      const scheme = /^(stuns?|turns?):[^/]/.exec(url)?.[1];
      if (!scheme) throw failure("SyntaxError", `"${url}" is no STUN or TURN server.`);
      if (scheme.startsWith("turn") && (username === undefined || credential === undefined))
        throw failure("InvalidAccessError", `"${url}" needs a username and a credential.`);
    }
  if (!former) return;
  const { bundlePolicy, rtcpMuxPolicy } = withDefaults(next);
  const before = withDefaults(former);
  if (bundlePolicy !== before.bundlePolicy || rtcpMuxPolicy !== before.rtcpMuxPolicy)
    throw failure("InvalidModificationError", "bundlePolicy and rtcpMuxPolicy stay what they are.");
}
