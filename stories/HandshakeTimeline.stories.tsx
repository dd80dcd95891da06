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
import { BOTH, CALLEE, CALLER, happening, occurrence, recorded, steps } from "./support/traces.ts";

/**
 * How a connection comes about, in thirteen steps: who does what, when, and which step everything
 * waits for. Every page records what it does itself; what the other side did is shown as soon as
 * something that arrives proves it (outlined). What has not happened yet is dashed.
 *
 * It watches the record alone: the call around it does not render with it.
 *
 * | attribute | on | says |
 * |---|---|---|
 * | `data-result` | `handshake-timeline` | `connecting`, `connected`, `direct`, `stun`, `relay`, `failed` |
 * | `data-kind` | `timeline-round` | `first`, `change`, `restart`, `rebuilt`, `discarded` |
 * | `data-step`, `data-name`, `data-side` | `timeline-step` | which of the thirteen, or which event |
 * | `data-state` | `timeline-step` | `done`, `inferred`, `waiting`, `pending` |
 *
 * `--twocan-timeline-gap` is the distance of the lifelines, `--twocan-timeline-line` their colour;
 * `--twocan-accent`, `--twocan-warning`, `--twocan-danger` and `--twocan-muted` do the rest.
 */
const meta = {
  title: "Components/HandshakeTimeline",
  component: HandshakeTimeline,
  argTypes: { subject: { control: false }, trace: { control: false } },
} satisfies Meta<typeof HandshakeTimeline>;
export default meta;

type Story = StoryObj<typeof meta>;

const CHANGE = [3, 4, 6, 12, 13] as const;

/** As the page of the caller has it: steps 7 to 11 happen elsewhere, and the answer proves them. */
export const Complete: Story = { args: { trace: recorded(steps(CALLER)) } };
/** As the page of the callee has it: the offer that arrives proves steps 1 to 6. */
export const CalleesView: Story = {
  args: { trace: recorded(steps(CALLEE), { name: "Mina", route: "stun" }) },
};
/** Two records put together: the time of every step is known, and nobody is "you". */
export const BothSides: Story = { args: { trace: recorded(steps(BOTH), { route: "relay" }) } };
/** The offer is ready, and does not get out. */
export const HangingAtStep6: Story = {
  args: { subject: happening(steps([1, 2, 3, 4, 5]), "connecting", 4_000) },
  play: async ({ canvasElement }) => {
    const waiting = canvasElement.querySelectorAll("[data-state='waiting']");
    await expect([...waiting].map((row) => row.getAttribute("data-step"))).toEqual(["6"]);
    await waitFor(() => expect(waiting[0]).toHaveTextContent(/waiting for this, \d+ s/), {
      timeout: 15_000,
    });
  },
};
/** The offer is on its way, and no answer comes. */
export const HangingAtStep12: Story = {
  args: { subject: happening(steps([1, 2, 3, 4, 5, 6]), "connecting", 12_000) },
};
/** All thirteen are done, and no candidate of the one reaches the other: there is no TURN server. */
export const NoWay: Story = {
  args: { trace: recorded(steps(CALLER), { status: "failed", route: undefined }) },
};
/** Both were callers. This page's offer lost, with its connection, and it takes the other's. */
export const Glare: Story = {
  args: {
    trace: recorded([
      ...steps([1, 2, 3, 4, 6, 5]),
      occurrence("offer-discarded", "caller", { from: 40 }),
      ...steps(CALLEE, { from: 41 }),
    ]),
  },
};
/** The network changed: another round with new addresses, while the call goes on. */
export const IceRestart: Story = {
  args: {
    trace: recorded([
      ...steps(CALLER),
      occurrence("ice-restarted", "caller", { from: 65_400 }),
      ...steps([3, 4, 5, 6, 12, 13], { round: 2, from: 65_402 }),
    ]),
  },
};
/** The way did not come back, so another connection takes the place of the first. */
export const Rebuilt: Story = {
  args: {
    trace: recorded([
      ...steps(CALLER),
      occurrence("rebuilt", "caller", { from: 92_000 }),
      ...steps(CALLER, { from: 92_004 }),
    ]),
  },
};
/** The callee asks for a change, and cannot agree to what it gets; the call goes on. */
export const TakenBack: Story = {
  args: {
    trace: recorded([
      ...steps(CALLEE),
      occurrence("negotiation-asked", "callee", { from: 8_000 }),
      ...steps([7], { round: 2, from: 8_090 }),
      occurrence("rolled-back", "callee", { round: 2, from: 8_102 }),
    ]),
  },
};
/** A long call: each change of it is a round. */
export const Changes: Story = {
  args: {
    trace: recorded([
      ...steps(CALLER),
      ...steps(CHANGE, { round: 2, from: 34_000 }),
      ...steps(CHANGE, { round: 3, from: 190_000 }),
    ]),
  },
};
/** Before anything happened it shows what will. */
export const NothingYet: Story = {};

function OfSeveral() {
  const { call } = useSimulation({ participants: 4 });
  return <HandshakeTimeline subject={call} />;
}
/** A call has one connection to everybody in it. */
export const SeveralPeers: Story = {
  render: () => <OfSeveral />,
  play: async ({ canvas }) => {
    const list = canvas.getByLabelText<HTMLSelectElement>("Connection with");
    await expect(list.options).toHaveLength(4);
    const second = list.options[1]!;
    await userEvent.selectOptions(list, second);
    await expect(list).toHaveValue(second.value);
    await expect(canvas.getAllByRole("listitem")).toHaveLength(13);
  },
};

function Stepwise({ trace }: { trace: RecordedTrace }) {
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
/** Forwards and backwards through what happened, one event at a time. */
export const Slider: Story = {
  render: () => <Stepwise trace={recorded(steps(BOTH))} />,
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

function Files() {
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
      {opened && <Stepwise key={opened.at} trace={opened} />}
    </>
  );
}
/** A record goes into a file, and comes out of it on another machine; it names nobody. */
export const ExportAndImport: Story = {
  render: () => <Files />,
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

/** What one side says reaches the other a little later, as over a network. */
function twoEnds(delay: number): [PeerChannel, PeerChannel] {
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

const empty = createStore<readonly HandshakeEvent[]>([]);

function Live() {
  const [ends] = useState(() => twoEnds(40));
  const [view, setView] = useState<"both" | "caller" | "callee">("both");
  const configuration = { iceServers: [] };
  const caller = usePeerConnection({ channel: ends[0], role: "caller", configuration });
  const callee = usePeerConnection({ channel: ends[1], role: "callee", configuration });
  // A page has its own record only; here are both pages, so both can be shown in one.
  const both = useMemo(() => {
    const all = () =>
      [...caller.handshake, ...callee.handshake].toSorted((a, b) => a.timestamp - b.timestamp);
    const events = all();
    return { ...empty, getSnapshot: () => events };
  }, [caller.handshake, callee.handshake]);
  const { status, connection } = caller;
  const subject = { both: { trace: both, status, connection }, caller, callee }[view];
  return (
    <>
      <p style={{ display: "flex", flexWrap: "wrap", gap: "1rem", alignItems: "center" }}>
        <label>
          Seen by{" "}
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
/** Two real connections in this page, 40 ms apart. */
export const TwoRealPeers: Story = {
  // A page of documentation connects nobody.
  tags: ["!autodocs"],
  render: () => <Live />,
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
    await userEvent.selectOptions(canvas.getByLabelText("Seen by"), "callee");
    await expect(done()).toEqual(CALLEE);
    await userEvent.selectOptions(canvas.getByLabelText("Seen by"), "caller");
    await userEvent.click(canvas.getByRole("button", { name: "Renegotiate" }));
    await waitFor(() => expect(canvas.getByText(/^Round 2/)).toBeVisible(), { timeout: 15_000 });
  },
};

/** A phone: both lifelines at the side, and each step says whose it is. */
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
  args: HangingAtStep12.args!,
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
