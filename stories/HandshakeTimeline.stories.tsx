import type { Meta, StoryObj } from "@storybook/react-vite";
import { useMemo, useState, type ReactNode } from "react";
import { expect, fireEvent, userEvent, waitFor } from "storybook/test";
import {
  HandshakeTimeline,
  ko,
  MessagesProvider,
  parseTrace,
  recordTrace,
  usePeerConnection,
  type CallError,
  type HandshakeEvent,
  type PeerChannel,
  type RecordedTrace,
} from "twocan";
import { createStore, type SignalMessage } from "twocan/core";
import { useSimulation } from "./support/simulation.ts";
import { BOTH, CALLEE, CALLER, live, occurrence, recorded, steps } from "./support/traces.ts";

/**
 * Shows how a connection is set up in thirteen steps: the side of each step, its time, and the step
 * that the others wait for. A page records its own steps. A step of the remote peer is shown as done
 * (outlined) once a later step proves it. A pending step is dashed.
 *
 * The timeline renders for each event, and the call around it does not.
 *
 * | attribute | on | values |
 * |---|---|---|
 * | `data-result` | `handshake-timeline` | `connecting`, `connected`, `direct`, `stun`, `relay`, `failed` |
 * | `data-kind` | `timeline-round` | `first`, `change`, `restart`, `rebuilt`, `discarded` |
 * | `data-step`, `data-name`, `data-side` | `timeline-step` | the step or the event, and its side |
 * | `data-state` | `timeline-step` | `done`, `inferred`, `waiting`, `pending` |
 *
 * `--twocan-timeline-gap` sets the distance of the lifelines and `--twocan-timeline-line` their colour.
 * The other colours are `--twocan-accent`, `--twocan-warning`, `--twocan-danger` and `--twocan-muted`.
 */
const meta = {
  title: "Components/HandshakeTimeline",
  component: HandshakeTimeline,
  argTypes: { subject: { control: false }, trace: { control: false } },
} satisfies Meta<typeof HandshakeTimeline>;
export default meta;

type Story = StoryObj<typeof meta>;

const CHANGE = [3, 4, 6, 12, 13] as const;

/** Recorded by the caller. The answer proves steps 7 to 11. */
export const Complete: Story = { args: { trace: recorded(steps(CALLER)) } };
/** Recorded by the callee. The offer proves steps 1 to 6. */
export const CalleeView: Story = {
  args: { trace: recorded(steps(CALLEE), { name: "Mina", route: "stun" }) },
};
/** The records of both peers, merged. The time of each step is known, and no side is "you". */
export const BothSides: Story = { args: { trace: recorded(steps(BOTH), { route: "relay" }) } };
/** The offer is ready, but is not sent. */
export const WaitingAtStep6: Story = {
  args: { subject: live(steps([1, 2, 3, 4, 5]), "connecting", 4_000) },
  play: async ({ canvasElement }) => {
    const waiting = canvasElement.querySelectorAll("[data-state='waiting']");
    await expect([...waiting].map((row) => row.getAttribute("data-step"))).toEqual(["6"]);
    await waitFor(() => expect(waiting[0]).toHaveTextContent(/waiting for this, \d{1,4} s/), {
      timeout: 15_000,
    });
  },
};
/** The offer was sent, and no answer arrives. */
export const WaitingAtStep12: Story = {
  args: { subject: live(steps([1, 2, 3, 4, 5, 6]), "connecting", 12_000) },
};
/** All steps are done, but no candidate pair works, and there is no TURN server. */
export const IceFailed: Story = {
  args: { trace: recorded(steps(CALLER), { status: "failed", route: undefined }) },
};
/** Both peers sent an offer. This page discards its own with the connection, and answers the remote one. */
export const Glare: Story = {
  args: {
    trace: recorded([
      ...steps([1, 2, 3, 4, 6, 5]),
      occurrence("offer-discarded", "caller", { from: 40 }),
      ...steps(CALLEE, { from: 41 }),
    ]),
  },
};
/** The network changed. ICE restarts in another round, while the call continues. */
export const IceRestart: Story = {
  args: {
    trace: recorded([
      ...steps(CALLER),
      occurrence("ice-restarted", "caller", { from: 65_400 }),
      ...steps([3, 4, 5, 6, 12, 13], { round: 2, from: 65_402 }),
    ]),
  },
};
/** The ICE restart did not help, so a new connection replaces the first. */
export const Rebuilt: Story = {
  args: {
    trace: recorded([
      ...steps(CALLER),
      occurrence("rebuilt", "caller", { from: 92_000 }),
      ...steps(CALLER, { from: 92_004 }),
    ]),
  },
};
/** The callee requests a change and cannot accept the offer. It rolls back, and the call continues. */
export const RolledBack: Story = {
  args: {
    trace: recorded([
      ...steps(CALLEE),
      occurrence("negotiation-asked", "callee", { from: 8_000 }),
      ...steps([7], { round: 2, from: 8_090 }),
      occurrence("rolled-back", "callee", { round: 2, from: 8_102 }),
    ]),
  },
};
/** In a long call, each change is a round. */
export const Changes: Story = {
  args: {
    trace: recorded([
      ...steps(CALLER),
      ...steps(CHANGE, { round: 2, from: 34_000 }),
      ...steps(CHANGE, { round: 3, from: 190_000 }),
    ]),
  },
};
/** Without events, all steps are pending. */
export const NoEvents: Story = {};

function SeveralPeersDemo() {
  const { call } = useSimulation({ participants: 4 });
  return <HandshakeTimeline subject={call} />;
}
/** A call has one connection to each participant. */
export const SeveralPeers: Story = {
  render: () => <SeveralPeersDemo />,
  play: async ({ canvas }) => {
    const list = canvas.getByLabelText<HTMLSelectElement>("Connection with");
    await expect(list.options).toHaveLength(4);
    const second = list.options[1]!;
    await userEvent.selectOptions(list, second);
    await expect(list).toHaveValue(second.value);
    await expect(canvas.getAllByRole("listitem")).toHaveLength(13);
  },
};

function EventSlider({ trace }: { trace: RecordedTrace }) {
  const [maxEvents, setMaxEvents] = useState(trace.events.length);
  return (
    <>
      <label style={{ display: "grid", gap: "0.25rem", marginBlockEnd: "1rem" }}>
        Events shown: {maxEvents} of {trace.events.length}
        <input
          type="range"
          max={trace.events.length}
          value={maxEvents}
          onChange={(change) => setMaxEvents(Number(change.target.value))}
          style={{ minBlockSize: "2.75rem" }}
        />
      </label>
      <HandshakeTimeline trace={trace} maxEvents={maxEvents} />
    </>
  );
}
/** A slider steps through the events. */
export const Slider: Story = {
  render: () => <EventSlider trace={recorded(steps(BOTH))} />,
  play: async ({ canvas, canvasElement }) => {
    const done = () => canvasElement.querySelectorAll("[data-state='done']").length;
    await expect(done()).toBe(13);
    const slider = canvas.getByRole("slider");
    await fireEvent.change(slider, { target: { value: 11 } });
    await expect(done()).toBe(11);
    await expect(canvasElement.querySelector("[data-state='waiting']")).toHaveAttribute(
      "data-step",
      "12",
    );
    await fireEvent.change(slider, { target: { value: 13 } });
    await expect(done()).toBe(13);
  },
};

function ExportDemo() {
  const { call } = useSimulation({ participants: 2 });
  const [file, setFile] = useState("");
  const [opened, setOpened] = useState<RecordedTrace>();
  const [error, setError] = useState<string>();
  const open = async (chosen: File | undefined) => {
    try {
      setOpened(chosen && parseTrace(await chosen.text()));
      setError(undefined);
    } catch (cause) {
      setError((cause as CallError).message);
    }
  };
  return (
    <>
      <p style={{ display: "flex", flexWrap: "wrap", gap: "1rem", alignItems: "center" }}>
        <button
          type="button"
          onClick={() => void recordTrace(call).then((trace) => setFile(JSON.stringify(trace)))}
        >
          Export
        </button>
        {file && (
          <a download="call.json" href={`data:application/json,${encodeURIComponent(file)}`}>
            call.json
          </a>
        )}
        <label>
          Import <input type="file" onChange={(event) => void open(event.target.files?.[0])} />
        </label>
      </p>
      {error && <p role="alert">{error}</p>}
      {opened && <EventSlider key={opened.at} trace={opened} />}
    </>
  );
}
/** A trace can be exported to a file and imported on another machine. It contains no names. */
export const ExportAndImport: Story = {
  render: () => <ExportDemo />,
  play: async ({ canvas }) => {
    await userEvent.click(canvas.getByRole("button", { name: "Export" }));
    const link = await canvas.findByRole<HTMLAnchorElement>("link", { name: "call.json" });
    const text = decodeURIComponent(link.href.replace("data:application/json,", ""));
    await expect(text).not.toContain("person-1");
    const input = canvas.getByLabelText("Import");
    await userEvent.upload(input, new File([text], "call.json"));
    await expect(await canvas.findByText("Events shown: 26 of 26")).toBeVisible();
    await expect(canvas.getAllByRole("listitem")).toHaveLength(13);

    await userEvent.upload(input, new File(['{"version":2}'], "other.json"));
    await expect(await canvas.findByRole("alert")).toHaveTextContent("version");
  },
};

/** Creates two connected channels. Messages arrive after `delay` ms. */
function createChannels(delay: number): [PeerChannel, PeerChannel] {
  const listeners = [
    new Set<(message: SignalMessage) => void>(),
    new Set<(message: SignalMessage) => void>(),
  ];
  const end = (own: number): PeerChannel => ({
    async send(message) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      for (const listener of listeners[1 - own]!) listener(message);
    },
    subscribe(listener) {
      listeners[own]!.add(listener);
      return () => listeners[own]!.delete(listener);
    },
  });
  return [end(0), end(1)];
}

const NO_EVENTS = createStore<readonly HandshakeEvent[]>([]);

function LiveDemo() {
  const [channels] = useState(() => createChannels(40));
  const [view, setView] = useState<"both" | "caller" | "callee">("both");
  const configuration = { iceServers: [] };
  const caller = usePeerConnection({ channel: channels[0], role: "caller", configuration });
  const callee = usePeerConnection({ channel: channels[1], role: "callee", configuration });
  // Both peers are in this page, so their records can be merged.
  const both = useMemo(() => {
    const all = () =>
      [...caller.handshake, ...callee.handshake].toSorted((a, b) => a.timestamp - b.timestamp);
    const events = all();
    return { ...NO_EVENTS, getSnapshot: () => events };
  }, [caller.handshake, callee.handshake]);
  const { status, connection } = caller;
  const subject = { both: { trace: both, status, connection }, caller, callee }[view];
  return (
    <>
      <p style={{ display: "flex", flexWrap: "wrap", gap: "1rem", alignItems: "center" }}>
        <label>
          Recorded by{" "}
          <select value={view} onChange={(event) => setView(event.target.value as typeof view)}>
            <option value="both">both sides</option>
            <option value="caller">the caller</option>
            <option value="callee">the callee</option>
          </select>
        </label>
        <button type="button" onClick={() => callee.negotiate()}>
          Renegotiate
        </button>
        <button type="button" onClick={() => caller.restartIce()}>
          Restart ICE
        </button>
      </p>
      <HandshakeTimeline subject={subject} />
    </>
  );
}
/** Two real connections in this page, with a latency of 40 ms. */
export const TwoRealPeers: Story = {
  // A docs page must not open connections.
  tags: ["!autodocs"],
  render: () => <LiveDemo />,
  play: async ({ canvas, canvasElement }) => {
    const done = () =>
      [...canvasElement.querySelectorAll("[data-state='done'][data-step]")].map((row) =>
        Number(row.getAttribute("data-step")),
      );
    await waitFor(() => expect(done()).toEqual(BOTH), { timeout: 15_000 });
    await waitFor(
      () => expect(canvas.getByRole("region")).toHaveAttribute("data-result", "direct"),
      { timeout: 15_000 },
    );
    await userEvent.selectOptions(canvas.getByLabelText("Recorded by"), "callee");
    await expect(done()).toEqual(CALLEE);
    await userEvent.selectOptions(canvas.getByLabelText("Recorded by"), "caller");
    await userEvent.click(canvas.getByRole("button", { name: "Renegotiate" }));
    await waitFor(() => expect(canvas.getByText(/^Round 2/)).toBeVisible(), { timeout: 15_000 });
  },
};

/** On a phone, both lifelines are at the side, and each step names its side. */
export const Phone: Story = {
  args: IceRestart.args!,
  decorators: [
    (Story) => (
      <div style={{ inlineSize: "288px" }}>
        <Story />
      </div>
    ),
  ],
};
export const Korean: Story = {
  args: WaitingAtStep12.args!,
  decorators: [(Story) => <InKorean>{Story()}</InKorean>],
};
function InKorean({ children }: { children: ReactNode }) {
  return (
    <div lang="ko">
      <MessagesProvider messages={ko}>{children}</MessagesProvider>
    </div>
  );
}
export const RightToLeft: Story = {
  args: BothSides.args!,
  decorators: [
    (Story) => (
      <div dir="rtl">
        <Story />
      </div>
    ),
  ],
};
export const Dark: Story = { args: IceRestart.args!, globals: { theme: "dark" } };
