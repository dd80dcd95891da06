import { failure } from "../fake-devices/fake-events.ts";

/** The configuration that `getConfiguration()` returns. */
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
 * Validates a configuration (WebRTC 1.0, section 4.4.1.6).
 *
 * @throws {DOMException} `SyntaxError` for a malformed URL, `InvalidAccessError` for TURN without
 * credentials, `InvalidModificationError` for a change of a fixed member.
 */
export function assertConfiguration(next: RTCConfiguration, previous?: RTCConfiguration): void {
  for (const { urls, username, credential } of next.iceServers ?? [])
    for (const url of [urls].flat()) {
      const scheme = /^(stuns?|turns?):[^/]/.exec(url)?.[1];
      if (!scheme)
        throw failure("SyntaxError", `"${url}" is not the URL of a STUN or TURN server.`);
      if (scheme.startsWith("turn") && (username === undefined || credential === undefined))
        throw failure("InvalidAccessError", `"${url}" needs a username and a credential.`);
    }
  if (!previous) return;
  const { bundlePolicy, rtcpMuxPolicy } = withDefaults(next);
  const before = withDefaults(previous);
  if (bundlePolicy !== before.bundlePolicy || rtcpMuxPolicy !== before.rtcpMuxPolicy)
    throw failure("InvalidModificationError", "bundlePolicy and rtcpMuxPolicy cannot be changed.");
}
