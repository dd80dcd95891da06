import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { StrictMode, useState, type ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  HANDSHAKE_STEPS,
  HandshakeTimeline,
  ko,
  MessagesProvider,
  useHandshakeTimeline,
  usePeerConnection,
  type HandshakeEvent,
  type HandshakeStep,
  type PeerChannel,
} from "../../../src/index.ts";
import { createStore, type SignalMessage } from "../../../src/core/index.ts";
import { callOf, participant } from "../../support/fixtures.ts";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const inStrictMode = (node: ReactNode) => <StrictMode>{node}</StrictMode>;
const show = (node: ReactNode) => render(inStrictMode(node));

function steps(numbers: readonly HandshakeStep[], peer = "mina"): HandshakeEvent[] {
  const now = performance.timeOrigin + performance.now();
  return numbers.map((step) => ({
    step,
    name: HANDSHAKE_STEPS[step],
    timestamp: now,
    side: step >= 7 && step <= 11 ? "callee" : "caller",
    round: 1,
    peer,
  }));
}
const traceOf = (events: HandshakeEvent[]) => createStore<readonly HandshakeEvent[]>(events);

/** Returns the numbers of the steps in a state, from top to bottom. */
function stepsIn(state: string): number[] {
  const rows = document.querySelectorAll<HTMLElement>(`[data-state="${state}"][data-step]`);
  return [...rows].map((row) => Number(row.dataset["step"]));
}
const connecting = participant({ id: "mina", name: "Mina", status: "connecting" });

describe("HandshakeTimeline", () => {
  it("is an ordered list with the side of each step", () => {
    const trace = traceOf(steps([1, 2, 3, 4, 6, 5]));
    show(<HandshakeTimeline subject={callOf([connecting], { trace })} />);
    const list = screen.getByRole("list", { name: "Round 1, setting up" });
    const items = within(list).getAllByRole("listitem");
    expect(items).toHaveLength(13);
    expect(items[5]!.textContent).toMatch(/^6Caller \(you\) Sends the offer send at \d+ ms/);
    expect(items[6]!.textContent).toMatch(/^7Callee Takes the offer .*not yet$/);
  });

  it("follows the events without a render of its parent", () => {
    const trace = traceOf(steps([1, 2]));
    const call = callOf([connecting], { trace });
    const rendered = vi.fn();
    function Page() {
      rendered();
      return <HandshakeTimeline subject={call} />;
    }
    show(<Page />);
    const before = rendered.mock.calls.length;
    act(() => trace.set(steps([1, 2, 3, 4, 6, 5, 12, 13])));
    expect(stepsIn("done")).toEqual([1, 2, 3, 4, 5, 6, 12, 13]);
    expect(stepsIn("inferred")).toEqual([7, 8, 9, 10, 11]);
    expect(rendered).toHaveBeenCalledTimes(before);
  });

  it("counts the seconds of a waiting step until it is done", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const trace = traceOf(steps([1, 2, 3, 4, 6, 5]));
    show(<HandshakeTimeline subject={callOf([connecting], { trace })} />);
    expect(stepsIn("waiting")).toEqual([12]);
    expect(screen.getByText("waiting for this")).toBeDefined();
    act(() => void vi.advanceTimersByTime(4_000));
    expect(screen.getByText("waiting for this, 4 s")).toBeDefined();
    act(() => trace.set([...trace.getSnapshot(), ...steps([12, 13])]));
    expect(stepsIn("waiting")).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not count for a peer that has left or failed", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const trace = traceOf(steps([1, 2, 3, 4, 6, 5]));
    const { rerender } = show(<HandshakeTimeline subject={callOf([], { trace })} />);
    expect(vi.getTimerCount()).toBe(0);
    const failed = { ...connecting, status: "failed" } as const;
    rerender(inStrictMode(<HandshakeTimeline subject={callOf([failed], { trace })} />));
    expect(vi.getTimerCount()).toBe(0);
    expect(screen.getByText("No way between the two networks was found")).toBeDefined();
  });

  it("shows a present peer first, and others on selection", () => {
    const trace = traceOf([...steps([7], "gone"), ...steps([1, 2, 3], "mina")]);
    show(<HandshakeTimeline subject={callOf([connecting], { trace })} />);
    const select = screen.getByLabelText<HTMLSelectElement>("Connection with");
    expect([...select.options].map(({ text }) => text)).toEqual(["Guest 1", "Mina"]);
    expect(stepsIn("done")).toEqual([1, 2, 3]);
    fireEvent.change(select, { target: { value: "gone" } });
    expect(stepsIn("done")).toEqual([7]);
  });

  it("shows the given peer without a select", () => {
    const trace = traceOf([...steps([7], "gone"), ...steps([1, 2, 3], "mina")]);
    show(<HandshakeTimeline subject={callOf([connecting], { trace })} peer="gone" />);
    expect(stepsIn("done")).toEqual([7]);
    expect(screen.queryByRole("combobox")).toBeNull();
  });

  it("shows only the first events, without a result", () => {
    const trace = {
      version: 1,
      at: Date.now(),
      events: steps([1, 2, 3, 4, 5, 6, 12, 13]),
      connections: [{ peer: "mina", status: "connected", route: "relay" }],
    } as const;
    const { rerender } = show(<HandshakeTimeline trace={trace} />);
    const region = screen.getByRole("region", { name: "How this connection is made" });
    expect(region.dataset["result"]).toBe("relay");
    rerender(inStrictMode(<HandshakeTimeline trace={trace} maxEvents={6} />));
    expect(stepsIn("waiting")).toEqual([12]);
    expect(region.dataset["result"]).toBeUndefined();
  });

  it("shows the texts of the MessagesProvider", () => {
    const trace = traceOf(steps([1]));
    show(
      <MessagesProvider messages={ko}>
        <HandshakeTimeline subject={{ trace }} />
      </MessagesProvider>,
    );
    expect(screen.getByText(ko.timeline.names["caller-captures"])).toBeDefined();
  });

  it("useHandshakeTimeline works with custom markup", () => {
    const subject = { trace: traceOf(steps([1, 2, 3, 4, 6, 5])) };
    function CustomTimeline() {
      const { rounds } = useHandshakeTimeline({ subject });
      return <p>waiting for {rounds[0]?.rows.find(({ state }) => state === "waiting")?.step}</p>;
    }
    show(<CustomTimeline />);
    expect(screen.getByText("waiting for 12")).toBeDefined();
  });
});

describe("HandshakeTimeline of two peers", () => {
  /** Creates two connected channels. */
  function createChannels(): [PeerChannel, PeerChannel] {
    const sets = [
      new Set<(message: SignalMessage) => void>(),
      new Set<(message: SignalMessage) => void>(),
    ];
    const end = (own: number): PeerChannel => ({
      async send(message) {
        await Promise.resolve();
        for (const listener of sets[1 - own]!) listener(message);
      },
      subscribe(listener) {
        sets[own]!.add(listener);
        return () => sets[own]!.delete(listener);
      },
    });
    return [end(0), end(1)];
  }

  function Side({ channel, side }: { channel: PeerChannel; side: "caller" | "callee" }) {
    const peer = usePeerConnection({ channel, role: side, configuration: { iceServers: [] } });
    return <HandshakeTimeline subject={peer} aria-label={side} />;
  }

  function Both() {
    const [channels] = useState(createChannels);
    return (
      <>
        <Side channel={channels[0]} side="caller" />
        <Side channel={channels[1]} side="callee" />
      </>
    );
  }

  it("shows all thirteen steps on both sides and a direct route", async () => {
    show(<Both />);
    const states = (role: string) =>
      [...screen.getByRole("region", { name: role }).querySelectorAll<HTMLElement>("li")].map(
        ({ dataset: { step, state } }) => `${step} ${state}`,
      );
    const all = (own: readonly number[]) =>
      Array.from(
        { length: 13 },
        (_, at) => `${at + 1} ${own.includes(at + 1) ? "done" : "inferred"}`,
      );
    await waitFor(
      () => {
        expect(states("caller")).toEqual(all([1, 2, 3, 4, 5, 6, 12, 13]));
        expect(states("callee")).toEqual(all([7, 8, 9, 10, 11]));
        for (const role of ["caller", "callee"])
          expect(screen.getByRole("region", { name: role }).dataset["result"]).toBe("direct");
      },
      { timeout: 20_000 },
    );
  });
});
