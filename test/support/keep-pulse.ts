/** Owns keeping a test from taking a machine that stands still for a connection that fell silent. */

/**
 * Until it is let go, something has arrived whenever somebody looks. However long the machine stands
 * still, no connection of this page counts as silent, so whatever is repaired has another cause. Can
 * be handed to a page as it is.
 */
export function keepPulse(): () => void {
  const { prototype } = RTCPeerConnection;
  const native = prototype.getStats;
  let looks = 0;
  prototype.getStats = async function (this: RTCPeerConnection) {
    const report = new Map<string, unknown>(await Reflect.apply(native, this, []));
    looks += 1;
    return report.set("pulse", { type: "candidate-pair", bytesReceived: looks });
  };
  return () => {
    prototype.getStats = native;
  };
}
