import type { Meta, StoryObj } from "@storybook/react-vite";
import { useEffect } from "react";
import { expect, fn, mocked, userEvent, waitFor, within } from "storybook/test";
import { SpeakerLayout } from "twocan";
import type { Simulation, SimulationOptions } from "twocan/testing";
import { useSimulation } from "./support/simulation.ts";

interface Scene extends Pick<SimulationOptions, "participants" | "status"> {
  /** Happens before anything is seen. */
  script?: (simulation: Simulation) => void;
  /** Who speaks in turn, a few seconds each. */
  conversation?: readonly string[];
  /** The size of the box around it. */
  inlineSize?: string;
  blockSize?: string;
}

function Simulated({ conversation, inlineSize = "100%", blockSize, script, ...options }: Scene) {
  const { call, simulation } = useSimulation(options, script);
  useEffect(() => {
    if (!conversation) return;
    let turn = 0;
    const next = () => {
      for (const id of conversation)
        simulation.speak(id, id === conversation[turn % conversation.length]);
      turn += 1;
    };
    next();
    const timer = setInterval(next, 4_000);
    return () => clearInterval(timer);
  }, [conversation, simulation]);
  return (
    <div style={{ inlineSize, blockSize: blockSize ?? "min(40rem, 100dvh - 2rem)" }}>
      <SpeakerLayout call={call} />
    </div>
  );
}

const MINA = { id: "mina", name: "Mina" };
const JONAS = { id: "jonas", name: "Jonas" };
const AMIRA = { id: "amira", name: "Amira Haddad" };
const TOM = { id: "tom", name: "Tom" };
const FOUR = [MINA, JONAS, AMIRA, TOM];
const EIGHT = [...FOUR, { name: "김민아" }, { name: "Lucía" }, { name: "Yuki Tanaka" }];

/** The simulation of a story whose script is a mock. */
function simulationOf({ script }: Scene): Simulation {
  return mocked(script!).mock.lastCall![0];
}

/**
 * One picture large, the others in a strip: beside it, or below it where it is narrow.
 *
 * Large is what was pinned, else the newest screen of somebody else, else who speaks (calmly: after
 * a second of being clearly louder), else the first of the others. Built on `useSpotlight` and
 * `useActiveSpeaker`, which do the same for markup of your own.
 *
 * | attribute | on | says |
 * | --- | --- | --- |
 * | `data-status` | the layout | the status of the call |
 * | `data-spotlight` | the layout | why that picture is large: `pinned`, `screen`, `speaker`, `first`, `self` |
 * | `data-pinned` | the layout, each tile | whether something is pinned; whether it is this one |
 * | `data-place` | each tile | `large` or `strip` |
 *
 * `--twocan-strip-size` is the width of a picture in the strip; `--twocan-gap`, `--twocan-radius` and
 * `--twocan-tile-ratio` are those of all layouts.
 */
const meta = {
  title: "Components/SpeakerLayout",
  component: SpeakerLayout as unknown as (props: Scene) => null,
  args: { participants: FOUR },
  argTypes: {
    participants: { control: false },
    script: { control: false },
    conversation: { control: false },
    status: { control: false },
  },
  render: (args) => <Simulated {...args} />,
} satisfies Meta<Scene>;
export default meta;

type Story = StoryObj<typeof meta>;

/** Everybody speaks in turn; the strip stays where it is and no picture goes black. */
export const Conversation: Story = { args: { conversation: ["mina", "jonas", "amira", "tom"] } };

export const SpeakerChanges: Story = {
  args: { script: fn() },
  play: async ({ args, canvas, canvasElement }) => {
    const simulation = simulationOf(args);
    const layout = canvas.getByRole("region", { name: "Participants" });
    const videos = [...canvasElement.querySelectorAll("video")];
    const large = () => layout.querySelector("[data-place=large]")?.getAttribute("aria-label");

    await expect(large()).toMatch(/^Mina/);
    simulation.speak("amira");
    await waitFor(() => expect(large()).toMatch(/^Amira/), { timeout: 15_000 });
    await expect(layout).toHaveAttribute("data-spotlight", "speaker");
    await expect([...canvasElement.querySelectorAll("video")]).toEqual(videos);
  },
};

/** By keyboard: Tab goes to the buttons, Enter pins and Space takes it back. */
export const Pinned: Story = {
  play: async ({ canvas }) => {
    const layout = canvas.getByRole("region", { name: "Participants" });
    const pin = canvas.getByRole("button", { name: "Pin Tom" });
    await userEvent.keyboard("{Tab}{Tab}{Tab}{Tab}");
    await expect(pin).toHaveFocus();
    await userEvent.keyboard("{Enter}");
    await expect(pin).toHaveAttribute("aria-pressed", "true");
    await expect(pin).toHaveFocus();
    await expect(layout).toHaveAttribute("data-spotlight", "pinned");
    await expect(layout.querySelector("[data-place=large]")).toContainElement(pin);

    await userEvent.keyboard(" ");
    await expect(pin).toHaveAttribute("aria-pressed", "false");
    await expect(layout).toHaveAttribute("data-spotlight", "first");
    await userEvent.keyboard(" ");
    await expect(layout).toHaveAttribute("data-pinned", "true");
  },
};

/** Somebody's screen is large; its owner's camera stays in the strip. */
export const SharedScreen: Story = {
  args: { participants: [MINA, { ...JONAS, screen: true }, AMIRA] },
};
/** The newest one is large. */
export const TwoSharedScreens: Story = {
  args: { participants: [MINA, { ...JONAS, screen: true }, AMIRA], script: fn() },
  play: async ({ args, canvasElement }) => {
    const large = () =>
      canvasElement.querySelector("[data-place=large]")?.getAttribute("aria-label");
    await expect(large()).toBe("Jonas: screen");
    simulationOf(args).share("mina");
    await waitFor(() => expect(large()).toBe("Mina: screen"));
  },
};
/** One's own screen is shown, and never large by itself. */
export const OwnScreen: Story = {
  args: { script: (simulation) => simulation.share("self") },
};

/** Eight people in a box that shows four of them: the strip scrolls, and the focus takes it along. */
export const LongStrip: Story = {
  args: { participants: EIGHT, inlineSize: "min(100%, 52rem)", blockSize: "26rem" },
  play: async ({ canvas, canvasElement }) => {
    const strip = canvasElement.querySelector("[data-twocan=speaker-layout-strip]")!;
    const large = canvasElement.querySelector("[data-place=large]")!;
    const before = large.getBoundingClientRect();
    within(canvas.getAllByRole("figure").at(-1)!).getByRole("button").focus();
    await waitFor(() => expect(strip.scrollTop).toBeGreaterThan(0));
    await expect(large.getBoundingClientRect().top).toBeCloseTo(before.top, 0);
    await expect(large.getBoundingClientRect().height).toBeCloseTo(before.height, 0);
    strip.scrollTo({ top: 0, behavior: "instant" });
  },
};
/** As on a phone: the strip lies below and scrolls sideways. */
export const Narrow: Story = {
  args: { participants: EIGHT, inlineSize: "min(100%, 22rem)" },
  play: async ({ canvas, canvasElement }) => {
    const strip = canvasElement.querySelector("[data-twocan=speaker-layout-strip]")!;
    const large = canvasElement.querySelector("[data-place=large]")!;
    const before = large.getBoundingClientRect();
    within(canvas.getAllByRole("figure").at(-1)!).getByRole("button").focus();
    await waitFor(() => expect(strip.scrollLeft).toBeGreaterThan(0));
    await expect(large.getBoundingClientRect().left).toBeCloseTo(before.left, 0);
  },
};
export const Two: Story = { args: { participants: [MINA] } };
export const WaitingForOthers: Story = { args: { participants: [], status: "waiting" } };
/** The connections to two of them are lost. */
export const Reconnecting: Story = {
  args: {
    script: (simulation) => {
      simulation.reconnect("mina");
      simulation.reconnect("amira");
    },
  },
};
export const MixedStates: Story = {
  args: {
    participants: [
      { ...MINA, camera: false },
      { ...JONAS, microphone: false },
      { ...AMIRA, status: "connecting", camera: false },
      { ...TOM, status: "failed", camera: false },
      { name: undefined, microphone: false, camera: false },
    ],
  },
};
export const RightToLeft: Story = {
  args: { participants: [{ name: "أميرة حداد" }, { name: "نور" }, { name: "יעל", camera: false }] },
  globals: { direction: "rtl" },
};
export const Korean: Story = {
  args: { participants: [{ name: "김민아" }, { name: "박서준", microphone: false }] },
  globals: { language: "ko" },
};
export const Dark: Story = { ...MixedStates, globals: { theme: "dark" } };
