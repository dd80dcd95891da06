import type { Meta, StoryObj } from "@storybook/react-vite";
import { useEffect, useState } from "react";
import { CallError } from "twocan/core";
import {
  CameraButton,
  ko,
  LeaveButton,
  MessagesProvider,
  MicrophoneButton,
  ScreenShareButton,
  useCameraButton,
  useLeaveButton,
  useMicrophoneButton,
  useScreenShareButton,
  type LocalMedia,
} from "twocan";
import type { SimulationOptions } from "twocan/testing";
import { expect, userEvent, waitFor, within } from "storybook/test";
import { useSimulation } from "./support/simulation.ts";

interface ControlsProps {
  /** How the simulated call begins. */
  options?: SimulationOptions;
  /** What else the media says. */
  change?: (media: LocalMedia) => Partial<LocalMedia>;
  sharing?: boolean;
}

/**
 * The four buttons, as an application would put them in a row. Each publishes `data-control` and
 * `data-status`, and in trouble `data-trouble` and a remedy: a popover (`data-twocan="control-hint"`)
 * while the button has the focus. Their size is `--twocan-control-size`.
 */
function Controls({ options, change, sharing = false }: ControlsProps) {
  const { simulation, call, media: simulated } = useSimulation(options);
  useEffect(() => {
    if (sharing) simulation.share("self");
  }, [simulation, sharing]);
  const media = { ...simulated, ...change?.(simulated) };
  return (
    <div style={{ display: "flex", flexWrap: "wrap", gap: "0.75rem", justifyContent: "center" }}>
      <MicrophoneButton media={media} />
      <CameraButton media={media} />
      <ScreenShareButton media={media} whenUnsupported="disable" />
      <LeaveButton call={call} />
    </div>
  );
}

const meta = {
  title: "Components/Controls",
  component: Controls,
  argTypes: { options: { control: false }, change: { control: false } },
  decorators: [
    (Story) => (
      <div style={{ paddingBlock: "5rem 1rem" }}>
        <Story />
      </div>
    ),
  ],
} satisfies Meta<typeof Controls>;
export default meta;

type Story = StoryObj<typeof meta>;

const inDark = { globals: { theme: "dark" } };

export const On: Story = {
  play: async ({ canvasElement }) => {
    const microphone = within(canvasElement).getByRole("button", { name: "Microphone" });
    await userEvent.click(microphone);
    await waitFor(() => expect(microphone).toHaveAttribute("aria-pressed", "false"));
    await userEvent.click(microphone);
    await waitFor(() => expect(microphone).toHaveAttribute("aria-pressed", "true"));
  },
};
export const Off: Story = { args: { options: { self: { microphone: false, camera: false } } } };
export const Starting: Story = { args: { options: { permission: "prompting" } } };
/** With the focus on it a button says what to do; pressing it tries again. */
export const Blocked: Story = {
  args: { options: { permission: "denied" } },
  play: async ({ canvasElement }) => {
    const camera = within(canvasElement).getByRole("button", { name: "Camera" });
    await waitFor(() => expect(camera).toHaveAttribute("data-status", "blocked"));
    const hint = document.getElementById(camera.getAttribute("aria-describedby") ?? "")!;
    await expect(hint).not.toBeVisible();
    camera.focus();
    await expect(hint).toBeVisible();
    await expect(camera).toHaveAccessibleDescription(/Allow it in the settings/);
  },
};
export const Missing: Story = { args: { options: { permission: "missing" } } };
export const Busy: Story = { args: { options: { permission: "busy" } } };
/** A phone call has taken both; they come back by themselves. */
export const Interrupted: Story = {
  args: {
    change: ({ microphone, camera }) => ({
      microphone: { ...microphone, status: "interrupted" },
      camera: { ...camera, status: "interrupted" },
    }),
  },
};
export const Sharing: Story = { args: { sharing: true } };
export const SharingFailed: Story = {
  args: {
    change: () => ({
      startScreenShare: () =>
        Promise.reject(new CallError("permission-denied", "The system does not allow it.")),
    }),
  },
  play: async ({ canvasElement }) => {
    const button = within(canvasElement).getByRole("button", { name: "Share screen" });
    await userEvent.click(button);
    await waitFor(() => expect(button).toHaveAttribute("data-status", "failed"));
    await expect(button).toHaveAccessibleDescription(/Allow it in the settings of the system/);
  },
};
export const Left: Story = { args: { options: { status: "left" } } };
export const Korean: Story = {
  ...Blocked,
  play: async () => {},
  decorators: [
    (Story) => (
      <MessagesProvider messages={ko}>
        <Story />
      </MessagesProvider>
    ),
  ],
};
export const DarkOn: Story = { ...On, ...inDark };
export const DarkOff: Story = { ...Off, ...inDark };
export const DarkBlocked: Story = { ...Blocked, ...inDark };

/** Buttons of one's own on the hooks: the names, the states and the remedies come along. */
function OwnButtons() {
  const [permission, setPermission] = useState<"granted" | "missing">("granted");
  const { simulation, call, media } = useSimulation();
  const buttons = {
    Microphone: useMicrophoneButton(media),
    Camera: useCameraButton(media),
    Screen: useScreenShareButton(media),
    Leave: useLeaveButton(call),
  };
  const pull = () => {
    const next = permission === "granted" ? "missing" : "granted";
    simulation.permission(next);
    setPermission(next);
  };
  return (
    <>
      <ul style={{ display: "grid", gap: "0.5rem", padding: 0, listStyle: "none" }}>
        {Object.entries(buttons).map(([name, { buttonProps, hintProps, pressed, trouble }]) => (
          <li key={name}>
            <button {...buttonProps} data-twocan={undefined}>
              {name} {pressed ? "●" : "○"} {trouble && "!"}
            </button>
            {trouble && <em {...hintProps} />}
          </li>
        ))}
      </ul>
      <button type="button" onClick={pull}>
        {permission === "granted" ? "Take the devices away" : "Give the devices back"}
      </button>
    </>
  );
}

export const OwnMarkup: Story = {
  render: () => <OwnButtons />,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    const camera = page.getByRole("button", { name: "Camera" });
    await expect(camera).toHaveTextContent("●");
    await userEvent.click(camera);
    await waitFor(() => expect(camera).toHaveTextContent("○"));
    await userEvent.click(page.getByRole("button", { name: "Take the devices away" }));
    await userEvent.click(camera);
    await waitFor(() => expect(camera).toHaveAccessibleDescription(/No camera was found/));
  },
};
