import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectionStats, type ConnectionStats } from "../../../src/core/stats/connection-stats.ts";

type Entry = { id: string; type: string } & Record<string, unknown>;

/** What a browser reports of a connection, over the given pair of candidates. */
function report(at: number, entries: Entry[], [local, remote] = ["host", "host"]): RTCStatsReport {
  const all: Entry[] = [
    { id: "T", type: "transport", selectedCandidatePairId: "P" },
    {
      id: "P",
      type: "candidate-pair",
      localCandidateId: "L",
      remoteCandidateId: "R",
      currentRoundTripTime: 0.02,
    },
    { id: "L", type: "local-candidate", candidateType: local, protocol: "udp" },
    { id: "R", type: "remote-candidate", candidateType: remote, protocol: "udp" },
    ...entries,
  ];
  return new Map(all.map((entry) => [entry.id, { ...entry, timestamp: at }]));
}

/** Watches a connection that gives these reports one after the other. */
async function measured(...reports: RTCStatsReport[]): Promise<ConnectionStats> {
  const store = connectionStats({ getStats: async () => reports.shift() ?? Promise.reject() });
  const stop = store.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(2_000 * reports.length);
  stop();
  return store.getSnapshot();
}

const arrived = (packetsReceived: number, packetsLost: number, bytesReceived = 0): Entry => ({
  id: "in",
  type: "inbound-rtp",
  packetsReceived,
  packetsLost,
  bytesReceived,
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("what is measured of a connection", () => {
  it.each([
    ["host", "host", "direct"],
    ["host", "prflx", "stun"],
    ["srflx", "host", "stun"],
    ["relay", "host", "relay"],
    ["srflx", "relay", "relay"],
  ])("a path from %s to %s is %s", async (local, remote, route) => {
    expect((await measured(report(1, [], [local, remote]))).route).toBe(route);
  });

  it("finds the pair that Firefox marks itself", async () => {
    const entries = report(1, [], ["relay", "host"]) as unknown as Map<string, Entry>;
    entries.delete("T");
    entries.set("P", { ...entries.get("P")!, selected: true });
    expect((await measured(entries as unknown as RTCStatsReport)).route).toBe("relay");
  });

  it.each([
    ["nothing is lost", 0, "good"],
    ["three in a hundred are lost", 3, "fair"],
    ["fifteen in a hundred are lost", 15, "poor"],
  ])("says how good it is when %s", async (_, lost, quality) => {
    const stats = await measured(
      report(1_000, [arrived(500, 7)]),
      report(3_000, [arrived(600 - lost, 7 + lost)]),
    );
    expect(stats.packetLoss).toBeCloseTo(lost / 100);
    expect(stats.quality).toBe(quality);
  });

  it("counts what the other side lost too", async () => {
    const there = { id: "there", type: "remote-inbound-rtp", fractionLost: 0.2 };
    const stats = await measured(
      report(1_000, [arrived(1, 0), there]),
      report(3_000, [arrived(101, 0), there]),
    );
    expect(stats).toMatchObject({ packetLoss: 0.2, quality: "poor" });
  });

  it("gives rates in bits per second", async () => {
    const stats = await measured(
      report(1_000, [arrived(1, 0, 10_000)]),
      report(3_000, [arrived(2, 0, 60_000)]),
    );
    expect(stats.inboundBitrate).toBe(200_000);
  });

  it("keeps what it knew when the connection has closed, and asks nothing once nobody watches", async () => {
    const getStats = vi.fn(async () => report(1, []));
    const store = connectionStats({ getStats });
    const stop = store.subscribe(() => {});
    await vi.advanceTimersByTimeAsync(0);
    getStats.mockRejectedValueOnce(new DOMException("closed", "InvalidStateError"));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(store.getSnapshot().route).toBe("direct");
    stop();
    const asked = getStats.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(getStats).toHaveBeenCalledTimes(asked);
  });
});
