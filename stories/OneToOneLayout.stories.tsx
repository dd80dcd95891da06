import type { Meta, StoryObj } from "@storybook/react-vite";
import { expect, fireEvent, userEvent, waitFor } from "storybook/test";
import { OneToOneLayout } from "twocan";
import type { Simulation, SimulationOptions } from "twocan/testing";
import { useSimulation } from "./support/simulation.ts";

interface StoryProps extends Pick<SimulationOptions, "participants" | "status" | "self"> {
  /** Runs before the first render. */
  script?: (simulation: Simulation) => void;
  inlineSize?: string;
}

function SimulatedLayout({ inlineSize = "100%", script, ...options }: StoryProps) {
  const { call } = useSimulation(options, script);
  return (
    <div style={{ inlineSize, blockSize: "min(40rem, 100dvh - 2rem)" }}>
      <OneToOneLayout call={call} />
    </div>
  );
}

/**
 * Two people: the remote participant fills the layout, and the local participant is small in a corner.
 *
 * The user drags the small tile from corner to corner, or moves it with the arrow keys. A click or
 * Enter swaps it with the large one. Built on `useSelfView`, which also moves a custom element.
 *
 * | attribute | on | values |
 * | --- | --- | --- |
 * | `data-status` | the layout | the status of the call |
 * | `data-swapped` | the layout | whether the local participant is large |
 * | `data-corner` | the stage and the handle | `top-start`, `top-end`, `bottom-start`, `bottom-end` |
 * | `data-dragging` | the stage and the handle | whether the user is dragging the tile |
 * | `data-place` | each tile | `large` or `small` |
 *
 * `--twocan-self-view-size` sets the width of the small tile.
 */
const meta = {
  title: "Components/OneToOneLayout",
  component: OneToOneLayout as unknown as (props: StoryProps) => null,
  args: { participants: [{ id: "mina", name: "Mina" }] },
  argTypes: {
    participants: { control: false },
    script: { control: false },
    status: { control: false },
    self: { control: false },
  },
  render: (args) => <SimulatedLayout {...args} />,
} satisfies Meta<StoryProps>;
export default meta;

type Story = StoryObj<typeof meta>;

export const Two: Story = {};

/** The tile follows the pointer, and moves to the nearest corner when released. */
export const Dragged: Story = {
  play: async ({ canvas, canvasElement }) => {
    const handle = canvas.getByRole("button", { name: /^Small picture:/ });
    const stage = canvasElement.querySelector("[data-twocan=one-to-one-stage]")!;
    const box = stage.getBoundingClientRect();
    const from = handle.getBoundingClientRect();
    const at = (clientX: number, clientY: number) => ({ clientX, clientY, pointerId: 1 });

    await fireEvent.pointerDown(handle, at(from.left + 5, from.top + 5));
    await fireEvent.pointerMove(handle, at(box.left + 60, box.top + 50));
    await waitFor(() => expect(stage).toHaveAttribute("data-dragging", "true"));
    // The tile stays in the box even if the pointer is far outside.
    await fireEvent.pointerMove(handle, at(box.left - 500, box.top - 500));
    await waitFor(() => expect(handle.getBoundingClientRect().left).toBeCloseTo(box.left, 0));
    await waitFor(() => expect(handle.getBoundingClientRect().top).toBeCloseTo(box.top, 0));
    await fireEvent.pointerUp(handle, at(box.left - 500, box.top - 500));
    await fireEvent.click(handle, { detail: 1 });

    await waitFor(() => expect(stage).toHaveAttribute("data-corner", "top-start"));
    await expect(stage).toHaveAttribute("data-dragging", "false");
    // The click event at the end of a drag does not swap.
    await expect(stage.parentElement).toHaveAttribute("data-swapped", "false");
    await waitFor(() => expect(handle.getBoundingClientRect().left - box.left).toBeGreaterThan(4));
  },
};

/** Arrow keys move the tile between corners. Enter swaps it with the large one and back. */
export const ByKeyboard: Story = {
  play: async ({ canvas, canvasElement }) => {
    const stage = canvasElement.querySelector("[data-twocan=one-to-one-stage]")!;
    const videos = [...canvasElement.querySelectorAll("video")];
    await userEvent.tab();
    const handle = canvas.getByRole("button", { name: /^Small picture:/ });
    await expect(handle).toHaveFocus();
    await expect(handle).toHaveAccessibleDescription(/arrow keys/);
    await userEvent.keyboard("{ArrowUp}");
    await expect(stage).toHaveAttribute("data-corner", "top-end");
    await userEvent.keyboard("{ArrowLeft}");
    await expect(stage).toHaveAttribute("data-corner", "top-start");
    await userEvent.keyboard("{ArrowDown}{ArrowDown}");
    await expect(stage).toHaveAttribute("data-corner", "bottom-start");

    await userEvent.keyboard("{Enter}");
    await expect(canvas.getByRole("button", { name: "Small picture: Mina" })).toHaveFocus();
    await expect(stage.querySelector("[data-place=large]")).toHaveAttribute("data-self", "true");
    await userEvent.keyboard("{Enter}");
    await expect(stage.parentElement).toHaveAttribute("data-swapped", "false");
    // The elements stay mounted.
    await expect([...canvasElement.querySelectorAll("video")]).toEqual(videos);
  },
};

export const Swapped: Story = {
  play: async ({ canvas, canvasElement }) => {
    await userEvent.dblClick(canvas.getByRole("button", { name: /^Small picture:/ }));
    await expect(canvasElement.querySelector("[data-swapped]")).toHaveAttribute(
      "data-swapped",
      "true",
    );
  },
};

/** The remote screen is large, and the remote camera is small beside the local one. */
export const SharedScreen: Story = {
  args: { participants: [{ id: "mina", name: "Mina", screen: true }] },
};
/** Without a remote participant, the local one is large. */
export const Waiting: Story = { args: { participants: [], status: "waiting" } };
export const CamerasOff: Story = {
  args: {
    participants: [{ name: "Mina Park", camera: false, microphone: false }],
    self: { camera: false },
  },
};
export const Reconnecting: Story = { args: { script: (simulation) => simulation.reconnect() } };
/** With a third participant it becomes a `SpeakerLayout`. */
export const ThirdParticipant: Story = {
  args: { participants: [{ name: "Mina" }, { name: "Jonas" }] },
};
export const Phone: Story = { args: { inlineSize: "min(100%, 20rem)" } };
/** `start` and `end` follow the reading direction. Arrow keys move in physical directions. */
export const RightToLeft: Story = {
  args: { participants: [{ name: "أميرة حداد", microphone: false }] },
  globals: { direction: "rtl" },
  play: async ({ canvas, canvasElement }) => {
    const stage = canvasElement.querySelector("[data-twocan=one-to-one-stage]")!;
    const handle = canvas.getByRole("button", { name: /^Small picture:/ });
    const middle = stage.getBoundingClientRect().left + stage.clientWidth / 2;
    handle.focus();
    await userEvent.keyboard("{ArrowRight}");
    await expect(stage).toHaveAttribute("data-corner", "bottom-start");
    await waitFor(() => expect(handle.getBoundingClientRect().left).toBeGreaterThan(middle));
    await userEvent.keyboard("{ArrowLeft}");
    await waitFor(() => expect(handle.getBoundingClientRect().right).toBeLessThan(middle));
  },
};
export const Korean: Story = {
  args: { participants: [], status: "waiting" },
  globals: { language: "ko" },
};
export const Dark: Story = { ...CamerasOff, globals: { theme: "dark" } };
