import type { Meta, StoryObj } from "@storybook/react-vite";
import { expect, fireEvent, userEvent, waitFor } from "storybook/test";
import { OneToOneLayout } from "twocan";
import type { Simulation, SimulationOptions } from "twocan/testing";
import { useSimulation } from "./support/simulation.ts";

interface Scene extends Pick<SimulationOptions, "participants" | "status" | "self"> {
  /** Happens before anything is seen. */
  script?: (simulation: Simulation) => void;
  inlineSize?: string;
}

function Simulated({ inlineSize = "100%", script, ...options }: Scene) {
  const { call } = useSimulation(options, script);
  return (
    <div style={{ inlineSize, blockSize: "min(40rem, 100dvh - 2rem)" }}>
      <OneToOneLayout call={call} />
    </div>
  );
}

/**
 * Two people: the other fills it, oneself floats in a corner.
 *
 * The small picture is dragged, or moved with the arrow keys, from corner to corner; a press or
 * Enter swaps it with the large one. Built on `useSelfView`, which moves an element of your own.
 *
 * | attribute | on | says |
 * | --- | --- | --- |
 * | `data-status` | the layout | the status of the call |
 * | `data-swapped` | the layout | whether oneself is large |
 * | `data-corner` | the stage and the handle | `top-start`, `top-end`, `bottom-start`, `bottom-end` |
 * | `data-dragging` | the stage and the handle | while it follows the pointer |
 * | `data-place` | each tile | `large` or `small` |
 *
 * `--twocan-self-view-size` is the width of the small picture.
 */
const meta = {
  title: "Components/OneToOneLayout",
  component: OneToOneLayout as unknown as (props: Scene) => null,
  args: { participants: [{ id: "mina", name: "Mina" }] },
  argTypes: {
    participants: { control: false },
    script: { control: false },
    status: { control: false },
    self: { control: false },
  },
  render: (args) => <Simulated {...args} />,
} satisfies Meta<Scene>;
export default meta;

type Story = StoryObj<typeof meta>;

export const Two: Story = {};

/** Follows the pointer, and goes to the nearest corner when let go of. */
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
    // Even far outside it stays within the box.
    await fireEvent.pointerMove(handle, at(box.left - 500, box.top - 500));
    await waitFor(() => expect(handle.getBoundingClientRect().left).toBeCloseTo(box.left, 0));
    await waitFor(() => expect(handle.getBoundingClientRect().top).toBeCloseTo(box.top, 0));
    await fireEvent.pointerUp(handle, at(box.left - 500, box.top - 500));
    await fireEvent.click(handle, { detail: 1 });

    await waitFor(() => expect(stage).toHaveAttribute("data-corner", "top-start"));
    await expect(stage).toHaveAttribute("data-dragging", "false");
    // The click that ends a drag swaps nothing.
    await expect(stage.parentElement).toHaveAttribute("data-swapped", "false");
    await waitFor(() => expect(handle.getBoundingClientRect().left - box.left).toBeGreaterThan(4));
  },
};

/** With the arrow keys from corner to corner, with Enter to the large place and back. */
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
    // The same elements all the time.
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

/** The other's screen is large, the camera small beside one's own. */
export const SharedScreen: Story = {
  args: { participants: [{ id: "mina", name: "Mina", screen: true }] },
};
/** While nobody else is there, one's own picture is large. */
export const WaitingForTheOther: Story = { args: { participants: [], status: "waiting" } };
export const CamerasOff: Story = {
  args: {
    participants: [{ name: "Mina Park", camera: false, microphone: false }],
    self: { camera: false },
  },
};
export const Reconnecting: Story = { args: { script: (simulation) => simulation.reconnect() } };
/** With a third person it becomes a `SpeakerLayout`. */
export const AThirdPerson: Story = {
  args: { participants: [{ name: "Mina" }, { name: "Jonas" }] },
};
export const Phone: Story = { args: { inlineSize: "min(100%, 20rem)" } };
/** Start and end are where the page is read from; arrow keys mean what is seen. */
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
