import type { Meta, StoryObj } from "@storybook/react-vite";
import { useEffect } from "react";
import { expect, fn, mocked, userEvent, waitFor, within } from "storybook/test";
import { SpeakerLayout } from "twocan";
import type { Simulation, SimulationOptions } from "twocan/testing";
import { useSimulation } from "./support/simulation.ts";

interface StoryProps extends Pick<SimulationOptions, "participants" | "status"> {
  /** Runs before the first render. */
  script?: (simulation: Simulation) => void;
  /** The ids of the participants who speak in turn, four seconds each. */
  conversation?: readonly string[];
  /** The size of the container. */
  inlineSize?: string;
  blockSize?: string;
}

function SimulatedLayout({
  conversation,
  inlineSize = "100%",
  blockSize,
  script,
  ...options
}: StoryProps) {
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

/** Returns the simulation of a story whose script is a mock. */
function simulationOf({ script }: StoryProps): Simulation {
  return mocked(script!).mock.lastCall![0];
}

/**
 * One large tile, and the others in a strip beside it, or below it in a narrow container.
 *
 * The large tile is the pinned one, otherwise the latest screen of a remote participant, otherwise the
 * speaker (after being clearly louder for a second), otherwise the first remote participant. Built on
 * `useSpotlight` and `useActiveSpeaker`, which also serve custom markup.
 *
 * | attribute | on | values |
 * | --- | --- | --- |
 * | `data-status` | the layout | the status of the call |
 * | `data-spotlight` | the layout | the reason for the large tile: `pinned`, `screen`, `speaker`, `first`, `self` |
 * | `data-pinned` | the layout, each tile | whether a tile is pinned; whether it is this one |
 * | `data-place` | each tile | `large` or `strip` |
 *
 * `--twocan-strip-size` sets the width of a tile in the strip. `--twocan-gap`, `--twocan-radius` and
 * `--twocan-tile-ratio` apply to all layouts.
 */
const meta = {
  title: "Components/SpeakerLayout",
  component: SpeakerLayout as unknown as (props: StoryProps) => null,
  args: { participants: FOUR },
  argTypes: {
    participants: { control: false },
    script: { control: false },
    conversation: { control: false },
    status: { control: false },
  },
  render: (args) => <SimulatedLayout {...args} />,
} satisfies Meta<StoryProps>;
export default meta;

type Story = StoryObj<typeof meta>;

/** All participants speak in turn. The strip does not move and no video restarts. */
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

/** With the keyboard: Tab moves to the buttons, Enter pins and Space unpins. */
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

/** The screen of a remote participant is large, and the camera of that participant stays in the strip. */
export const SharedScreen: Story = {
  args: { participants: [MINA, { ...JONAS, screen: true }, AMIRA] },
};
/** The latest screen is large. */
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
/** The local screen is shown, but is large only when pinned. */
export const LocalScreen: Story = {
  args: { script: (simulation) => simulation.share("self") },
};

/** Eight people in a container that fits four. The strip scrolls, and follows the focus. */
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
/** As on a phone: the strip is below and scrolls horizontally. */
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
/** The connections to two participants are down. */
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
