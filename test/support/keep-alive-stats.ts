/**
 * Makes `getStats()` report received bytes at every call, until the returned function is called. A busy
 * machine that stalls then does not look like a silent connection, so every repair in the test has
 * another cause. Self-contained, so that it can be evaluated in a page.
 */
export function keepReportingBytes(): () => void {
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
