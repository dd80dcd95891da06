import type { Meta, StoryObj } from "@storybook/react-vite";
import { useState } from "react";
import { expect, fn, userEvent, waitFor } from "storybook/test";
import { CallError, type Signaling } from "twocan/core";
import { CallRoom, ControlBar, useCurrentCall } from "twocan";
import { memorySignaling, type Simulation, type SimulationOptions } from "twocan/testing";
import { useSimulation } from "./support/simulation.ts";

interface Scene extends Omit<SimulationOptions, "seed" | "sound"> {
  /** Happens before anything is seen. */
  script?: (simulation: Simulation) => void;
  layout?: "auto" | "grid" | "speaker";
  preJoin?: boolean;
  onLeave?: () => void;
  inlineSize?: string;
}

function Simulated({ inlineSize = "100%", layout, preJoin, onLeave, script, ...options }: Scene) {
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

/** Nothing answers, for as long as the story is shown. */
const AWAY: Signaling = {
  join: async () => {
    throw new CallError("signaling-unavailable", "No relay answered.");
  },
};

function ServiceAwayDemo() {
  const { media } = useSimulation({});
  return <CallRoom room="standup" signaling={AWAY} media={media} preJoin={false} onError={noop} />;
}

const noop = () => {};

function InOneLineDemo() {
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

/** All buttons are in one row, within the room, and large enough for a finger. */
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
 * The whole call in one line: `<CallRoom room="standup" />`. For a call made elsewhere, as in most
 * of these stories: `<CallRoom call={call} media={media} />`.
 *
 * `layout="auto"` shows two people as such, a shared screen or more than five people with one
 * picture large, and a grid else; with three and more, the person can choose. Voices play outside of
 * what is swapped.
 *
 * | attribute | says |
 * | --- | --- |
 * | `data-step` | `pre-join`, `call`, `left`, `failed` |
 * | `data-status` | the status of the call |
 * | `data-view` | `one-to-one`, `grid`, `speaker` |
 *
 * The parts keep their own attributes and custom properties; children stand between the pictures and
 * the buttons.
 */
const meta = {
  title: "Components/CallRoom",
  component: CallRoom as unknown as (props: Scene) => null,
  parameters: { layout: "fullscreen" },
  args: { participants: [MINA], onLeave: fn() },
  argTypes: {
    participants: { control: false },
    script: { control: false },
    status: { control: false },
    self: { control: false },
    layout: { control: "inline-radio", options: ["auto", "grid", "speaker"] },
  },
  render: (args) => <Simulated {...args} />,
} satisfies Meta<Scene>;
export default meta;

type Story = StoryObj<typeof meta>;

export const Two: Story = {};
/** All that an application writes. Nothing is asked for before a press. */
export const InOneLine: Story = { render: () => <InOneLineDemo /> };
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
/** Nobody can be reached from this network, though they are there: others may still come. */
export const Unreachable: Story = { args: { script: (simulation) => simulation.fail("mina") } };
/** The camera is taken away in the middle of a call. */
export const CameraBlocked: Story = {
  args: { script: (simulation) => simulation.permission("denied") },
};

/** From the question to the call, with the keyboard alone. */
export const Joined: Story = {
  args: { status: "idle", preJoin: true },
  play: async ({ canvas, canvasElement }) => {
    const room = canvasElement.querySelector("[data-twocan=call-room]")!;
    const name = canvas.getByRole("textbox");
    await userEvent.clear(name);
    await userEvent.type(name, "Noor{Enter}");
    await waitFor(() => expect(room).toHaveAttribute("data-step", "call"));
    // The form is gone, and the focus is not lost with it.
    await waitFor(() => expect(canvas.getByRole("region", { name: "Participants" })).toHaveFocus());
    await expect(room).toHaveAttribute("data-view", "one-to-one");
  },
};

/** Left by keyboard, and back again. */
export const LeftAndBack: Story = {
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
        new CallError("signaling-unavailable", "The signaling cannot be reached."),
      ),
  },
  play: async ({ canvas }) => {
    await expect(canvas.getByRole("alert")).toHaveTextContent(/Check the connection/);
    await expect(canvas.getByRole("button", { name: "Try again" })).toBeVisible();
  },
};
/** The call tries again by itself, and at once on a press; one can leave meanwhile. */
export const ServiceAway: Story = {
  render: () => <ServiceAwayDemo />,
  play: async ({ canvas, canvasElement }) => {
    await waitFor(() => expect(canvas.getByText(/Trying again/)).toBeVisible());
    const room = canvasElement.querySelector("[data-twocan=call-room]");
    await expect(room).toHaveAttribute("data-status", "joining");
    const again = canvas.getByRole("button", { name: "Try again" });
    await userEvent.click(again);
    await expect(again).toBeVisible();
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
/** `room` is empty, because the link has lost its name, for example. In development the page also says what to change. */
export const WithoutRoom: Story = {
  render: () => <CallRoom room="" signaling={AWAY} onError={noop} />,
  play: async ({ canvas }) => {
    await waitFor(() => expect(canvas.getByRole("alert")).toBeVisible());
    await expect(canvas.queryByRole("button")).toBeNull();
  },
};
export const FailedAndTriedAgain: Story = {
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

/** Grid or one large picture, as the person likes; the button keeps the focus. */
export const LayoutChosen: Story = {
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
/** As narrow as that: on a phone, or in a column of a wide page. */
export const Phone: Story = {
  args: { inlineSize: "min(100%, 22.5rem)" },
  play: ({ canvasElement }) => expectOneRow(canvasElement),
};
/** The narrowest phone there is, 320 px. */
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
