import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectionStats, type ConnectionStats } from "../../../src/core/stats/connection-stats.ts";

type Entry = { id: string; type: string } & Record<string, unknown>;

/** The report of a browser for a connection over the given pair of candidates. */
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

/** Watches a connection that returns these reports in turn. */
async function measured(...reports: RTCStatsReport[]): Promise<ConnectionStats> {
  const store = connectionStats({ getStats: async () => reports.shift() ?? Promise.reject() });
  const stop = store.subscribe(() => {});
  await vi.advanceTimersByTimeAsync(2_000 * reports.length);
  stop();
  return store.getSnapshot();
}

const received = (packetsReceived: number, packetsLost: number, bytesReceived = 0): Entry => ({
  id: "in",
  type: "inbound-rtp",
  packetsReceived,
  packetsLost,
  bytesReceived,
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("connectionStats", () => {
  it.each([
    ["host", "host", "direct"],
    ["host", "prflx", "stun"],
    ["srflx", "host", "stun"],
    ["relay", "host", "relay"],
    ["srflx", "relay", "relay"],
  ])("names the route from %s to %s: %s", async (local, remote, route) => {
    expect((await measured(report(1, [], [local, remote]))).route).toBe(route);
  });

  it("finds the candidate pair that Firefox marks as selected", async () => {
    const entries = report(1, [], ["relay", "host"]) as unknown as Map<string, Entry>;
    entries.delete("T");
    entries.set("P", { ...entries.get("P")!, selected: true });
    expect((await measured(entries as unknown as RTCStatsReport)).route).toBe("relay");
  });

  it.each([
    ["no packet is lost", 0, "good"],
    ["3 % of the packets are lost", 3, "fair"],
    ["15 % of the packets are lost", 15, "poor"],
  ])("rates the quality when %s", async (_, lost, quality) => {
    const stats = await measured(
      report(1_000, [received(500, 7)]),
      report(3_000, [received(600 - lost, 7 + lost)]),
    );
    expect(stats.packetLoss).toBeCloseTo(lost / 100);
    expect(stats.quality).toBe(quality);
  });

  it("includes the loss that the remote peer reports", async () => {
    const remote = { id: "remote", type: "remote-inbound-rtp", fractionLost: 0.2 };
    const stats = await measured(
      report(1_000, [received(1, 0), remote]),
      report(3_000, [received(101, 0), remote]),
    );
    expect(stats).toMatchObject({ packetLoss: 0.2, quality: "poor" });
  });

  it("returns rates in bits per second", async () => {
    const stats = await measured(
      report(1_000, [received(1, 0, 10_000)]),
      report(3_000, [received(2, 0, 60_000)]),
    );
    expect(stats.inboundBitrate).toBe(200_000);
  });

  it("measures nothing if getStats() throws", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const getStats = vi.fn(() => {
      throw new TypeError("not a connection");
    });
    const store = connectionStats({ getStats });
    const stop = store.subscribe(() => {});
    await vi.advanceTimersByTimeAsync(10_000);
    stop();
    expect(getStats.mock.calls.length).toBeGreaterThan(1);
    expect(store.getSnapshot().quality).toBeUndefined();
    vi.useRealTimers();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it("keeps the last measurement of a closed connection, and measures nothing while it is not watched", async () => {
    const getStats = vi.fn(async () => report(1, []));
    const store = connectionStats({ getStats });
    const stop = store.subscribe(() => {});
    await vi.advanceTimersByTimeAsync(0);
    getStats.mockRejectedValueOnce(new DOMException("closed", "InvalidStateError"));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(store.getSnapshot().route).toBe("direct");
    stop();
    const calls = getStats.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(getStats).toHaveBeenCalledTimes(calls);
  });
});
