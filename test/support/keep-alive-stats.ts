/**
 * Makes every call of `getStats()` report more received bytes than the last, until the returned function
 * is called. A stall of a busy machine then does not look like a connection that stopped receiving, so
 * every repair in the test has another cause. Self-contained, so that it can be evaluated in a page.
 */
export function keepReportingBytes(): () => void {
  const { prototype } = RTCPeerConnection;
  const native = prototype.getStats;
  let calls = 0;
  prototype.getStats = async function (this: RTCPeerConnection) {
    const report = new Map<string, unknown>(await Reflect.apply(native, this, []));
    calls += 1;
    return report.set("keep-alive", { type: "candidate-pair", bytesReceived: calls });
  };
  return () => {
    prototype.getStats = native;
  };
}
