import type { Meta, StoryObj } from "@storybook/react-vite";
import { useState } from "react";
import { expect, fn, userEvent, waitFor } from "storybook/test";
import { CallError, type Signaling } from "twocan/core";
import { CallRoom, ControlBar, useCurrentCall } from "twocan";
import { memorySignaling, type Simulation, type SimulationOptions } from "twocan/testing";
import { useSimulation } from "./support/simulation.ts";

interface StoryProps extends Omit<SimulationOptions, "seed" | "sound"> {
  /** Runs before the first render. */
  script?: (simulation: Simulation) => void;
  layout?: "auto" | "grid" | "speaker";
  preJoin?: boolean;
  onLeave?: () => void;
  inlineSize?: string;
}

function SimulatedRoom({
  inlineSize = "100%",
  layout,
  preJoin,
  onLeave,
  script,
  ...options
}: StoryProps) {
  const { call, media } = useSimulation(options, script);
  return (
    <div style={{ inlineSize, blockSize: "min(46rem, 100dvh)", marginInline: "auto" }}>
      <CallRoom
        call={call}
        media={media}
        layout={layout ?? "auto"}
        preJoin={preJoin}
        onLeave={onLeave}
      />
    </div>
  );
}

/** The call service is unreachable. */
const UNREACHABLE: Signaling = {
  join: async () => {
    throw new CallError("signaling-unavailable", "No relay answered.");
  },
};

/** The call service accepts the connection and never answers, for example behind a broken proxy. */
const SILENT: Signaling = { join: () => new Promise(() => {}) };

function JoiningDemo({ signaling }: { signaling: Signaling }) {
  const { media } = useSimulation({});
  return (
    <CallRoom room="standup" signaling={signaling} media={media} preJoin={false} onError={noop} />
  );
}

const noop = () => {};

function OneLineDemo() {
  const [signaling] = useState(() => memorySignaling());
  return <CallRoom room="standup" name="Mina" signaling={signaling} iceServers={[]} />;
}

function SlotsDemo() {
  const { call, media } = useSimulation({ participants: [MINA] });
  return (
    <CallRoom
      call={call}
      media={media}
      header={<h1 style={{ margin: 0, font: "inherit", fontWeight: 600 }}>Stand-up</h1>}
      controlBar={
        <ControlBar controls={["microphone", "camera"]}>
          <HangUpButton />
        </ControlBar>
      }
    />
  );
}

function HangUpButton() {
  const call = useCurrentCall();
  return (
    <button type="button" onClick={() => void call.leave()}>
      Hang up
    </button>
  );
}

/** Expects all buttons in one row, inside the room, and large enough to touch. */
async function expectOneRow(canvasElement: HTMLElement): Promise<void> {
  const room = canvasElement.querySelector('[data-twocan="call-room"]')!.getBoundingClientRect();
  const buttons = [...canvasElement.querySelectorAll('fieldset [data-twocan="control-button"]')];
  const boxes = buttons.map((button) => button.getBoundingClientRect());
  await expect(boxes.length).toBeGreaterThan(5);
  await expect(new Set(boxes.map(({ top }) => Math.round(top))).size).toBe(1);
  await expect(boxes.filter(({ width, height }) => Math.min(width, height) < 44)).toEqual([]);
  await expect(boxes.filter(({ left, right }) => left < room.left || right > room.right)).toEqual(
    [],
  );
}

const MINA = { id: "mina", name: "Mina" };
const FOUR = [MINA, { name: "Jonas" }, { name: "Amira Haddad" }, { name: "Tom" }];

/**
 * The whole call in one line: `<CallRoom room="standup" />`. Most of these stories show a call that
 * the application has created: `<CallRoom call={call} media={media} />`.
 *
 * `layout="auto"` shows two people one-to-one, a shared screen or more than five people with one large
 * tile, and otherwise a grid. With three people or more, the user can change it. The sound continues
 * when the layout changes.
 *
 * | attribute | values |
 * | --- | --- |
 * | `data-step` | `pre-join`, `call`, `left`, `failed` |
 * | `data-status` | the status of the call |
 * | `data-view` | `one-to-one`, `grid`, `speaker` |
 *
 * The parts keep their attributes and custom properties. Children are rendered between the tiles and
 * the controls.
 */
const meta = {
  title: "Components/CallRoom",
  component: CallRoom as unknown as (props: StoryProps) => null,
  parameters: { layout: "fullscreen" },
  args: { participants: [MINA], onLeave: fn() },
  argTypes: {
    participants: { control: false },
    script: { control: false },
    status: { control: false },
    self: { control: false },
    layout: { control: "inline-radio", options: ["auto", "grid", "speaker"] },
  },
  render: (args) => <SimulatedRoom {...args} />,
} satisfies Meta<StoryProps>;
export default meta;

type Story = StoryObj<typeof meta>;

export const Two: Story = {};
/** The whole code of an application. No permission prompt opens before a click. */
export const OneLine: Story = { render: () => <OneLineDemo /> };
export const BeforeJoining: Story = { args: { status: "idle", preJoin: true } };
export const DeniedCamera: Story = {
  args: { status: "idle", preJoin: true, permission: "denied" },
};
export const Waiting: Story = { args: { participants: [], status: "waiting" } };
export const Joining: Story = { args: { participants: [], status: "joining" } };
export const Four: Story = { args: { participants: FOUR.slice(0, 3) } };
export const Six: Story = { args: { participants: [...FOUR, { name: "Lucía" }] } };
export const SharedScreen: Story = {
  args: { participants: [MINA, { name: "Jonas", screen: true }] },
};
export const Reconnecting: Story = { args: { script: (simulation) => simulation.reconnect() } };
/** No connection to the only participant can be made. The call stays in the room, because others may join. */
export const Unreachable: Story = { args: { script: (simulation) => simulation.fail("mina") } };
/** Camera access is revoked during the call. */
export const CameraBlocked: Story = {
  args: { script: (simulation) => simulation.permission("denied") },
};

/** Joins with the keyboard. */
export const Joined: Story = {
  args: { status: "idle", preJoin: true },
  play: async ({ canvas, canvasElement }) => {
    const room = canvasElement.querySelector("[data-twocan=call-room]")!;
    const name = canvas.getByRole("textbox");
    await userEvent.clear(name);
    await userEvent.type(name, "Noor{Enter}");
    await waitFor(() => expect(room).toHaveAttribute("data-step", "call"));
    // The form is removed, and the focus moves to the call.
    await waitFor(() => expect(canvas.getByRole("region", { name: "Participants" })).toHaveFocus());
    await expect(room).toHaveAttribute("data-view", "one-to-one");
  },
};

/** Leaves and joins again with the keyboard. */
export const LeaveAndRejoin: Story = {
  play: async ({ args, canvas, canvasElement }) => {
    const room = canvasElement.querySelector("[data-twocan=call-room]")!;
    canvas.getByRole("button", { name: "Leave the call" }).focus();
    await userEvent.keyboard("{Enter}");
    const rejoin = await canvas.findByRole("button", { name: "Join again" });
    await waitFor(() => expect(rejoin).toHaveFocus());
    await expect(rejoin).toHaveAccessibleDescription("You have left the call.");
    await expect(args.onLeave).toHaveBeenCalledOnce();

    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(room).toHaveAttribute("data-status", "connected"));
    await waitFor(() => expect(canvas.getByRole("region", { name: "Participants" })).toHaveFocus());
    await expect(canvas.queryByText("You have left the call.")).toBeNull();
  },
};
export const Left: Story = { args: { status: "left" } };
export const Failed: Story = {
  args: {
    script: (simulation) =>
      simulation.fail(
        undefined,
        new CallError("signaling-unavailable", "Signaling is unreachable."),
      ),
  },
  play: async ({ canvas }) => {
    await expect(canvas.getByRole("alert")).toHaveTextContent(/Check the connection/);
    await expect(canvas.getByRole("button", { name: "Try again" })).toBeVisible();
  },
};
/** The call keeps trying, and tries at once on a click. The user can leave at any time. */
export const ServiceUnreachable: Story = {
  render: () => <JoiningDemo signaling={UNREACHABLE} />,
  play: async ({ canvas, canvasElement }) => {
    await waitFor(() => expect(canvas.getByText(/Trying again/)).toBeVisible());
    const room = canvasElement.querySelector("[data-twocan=call-room]");
    await expect(room).toHaveAttribute("data-status", "joining");
    const again = canvas.getByRole("button", { name: "Try again" });
    await userEvent.click(again);
    await expect(again).toBeVisible();
  },
};
/** The call service does not answer the first attempt. The banner reports it after three seconds. */
export const ServiceNotAnswering: Story = {
  render: () => <JoiningDemo signaling={SILENT} />,
  play: async ({ canvas }) => {
    await waitFor(() => expect(canvas.getByText(/not answering yet/)).toBeVisible());
    await expect(canvas.getByRole("button", { name: "Leave the call" })).toBeVisible();
  },
};
/** A header and a control bar of the application. Components in both take `call` and `media` from the room. */
export const HeaderAndControlBar: Story = {
  render: () => <SlotsDemo />,
  play: async ({ canvas }) => {
    await expect(canvas.getByRole("heading", { name: "Stand-up" })).toBeVisible();
    await expect(canvas.queryByRole("button", { name: /share/i })).toBeNull();
    await expect(canvas.getByRole("button", { name: "Hang up" })).toBeVisible();
  },
};
/** `room` is empty, for example because a link is incomplete. In development the page explains what to change. */
export const WithoutRoom: Story = {
  render: () => <CallRoom room="" signaling={UNREACHABLE} onError={noop} />,
  play: async ({ canvas }) => {
    await waitFor(() => expect(canvas.getByRole("alert")).toBeVisible());
    await expect(canvas.queryByRole("button")).toBeNull();
  },
};
export const FailedThenRetried: Story = {
  ...Failed,
  play: async ({ canvas, canvasElement }) => {
    await userEvent.click(canvas.getByRole("button", { name: "Try again" }));
    await waitFor(() =>
      expect(canvasElement.querySelector("[data-twocan=call-room]")).toHaveAttribute(
        "data-status",
        "connected",
      ),
    );
  },
};

/** The user changes between a grid and one large tile. The button keeps the focus. */
export const LayoutSelected: Story = {
  args: { participants: FOUR.slice(0, 3) },
  play: async ({ canvas, canvasElement }) => {
    const room = canvasElement.querySelector("[data-twocan=call-room]")!;
    const view = canvas.getByRole("button", { name: "Speaker view" });
    await expect(view).toHaveAttribute("aria-pressed", "false");
    await userEvent.click(view);
    await expect(room).toHaveAttribute("data-view", "speaker");
    await expect(view).toHaveAttribute("aria-pressed", "true");
    await expect(view).toHaveFocus();
  },
};
/** On a phone, or in a narrow column. */
export const Phone: Story = {
  args: { inlineSize: "min(100%, 22.5rem)" },
  play: ({ canvasElement }) => expectOneRow(canvasElement),
};
/** On the narrowest phones, with 320 px. */
export const PhoneFour: Story = {
  args: { inlineSize: "min(100%, 20rem)", participants: FOUR.slice(0, 3) },
  play: ({ canvasElement }) => expectOneRow(canvasElement),
};
export const RightToLeft: Story = {
  args: { participants: [{ name: "أميرة حداد" }, { name: "نور", screen: true }] },
  globals: { direction: "rtl" },
};
export const Korean: Story = {
  args: { participants: [{ name: "김민아" }, { name: "박서준" }] },
  globals: { language: "ko" },
};
export const KoreanLeft: Story = { ...Korean, args: { status: "left" } };
export const Dark: Story = { ...Four, globals: { theme: "dark" } };
export const DarkFailed: Story = { ...Failed, globals: { theme: "dark" } };
