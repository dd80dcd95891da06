import type { Meta, StoryObj } from "@storybook/react-vite";
import { useEffect, useState } from "react";
import { CallError, type CallErrorCode } from "twocan/core";
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
} from "twocan";
import type { Simulation, SimulationOptions } from "twocan/testing";
import { expect, userEvent, waitFor, within } from "storybook/test";
import { useSimulation } from "./support/simulation.ts";

interface ControlsProps {
  /** The initial state of the simulated call. */
  options?: SimulationOptions;
  sharing?: boolean;
  /** The failure of every attempt to share the screen. */
  refusal?: CallErrorCode;
  /** Runs before the first render. */
  script?: (simulation: Simulation) => void;
}

/**
 * The four buttons in a row. Each has `data-control` and `data-status`. With a problem it also has
 * `data-trouble`, and a popover (`data-twocan="control-hint"`) with the remedy while it has the focus.
 * `--twocan-control-size` sets the size.
 */
function Controls({ options, sharing = false, refusal, script }: ControlsProps) {
  const { simulation, call, media: simulated } = useSimulation(options, script);
  useEffect(() => {
    if (sharing) simulation.share("self");
  }, [simulation, sharing]);
  const refuse = (code: CallErrorCode) => async () => {
    throw new CallError(code, "Refused by the story.");
  };
  const media = { ...simulated, ...(refusal && { startScreenShare: refuse(refusal) }) };
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
  argTypes: { options: { control: false }, script: { control: false } },
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

const inKorean: Story["decorators"] = [
  (Story) => (
    <MessagesProvider messages={ko}>
      <Story />
    </MessagesProvider>
  ),
];

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
/** A focused button shows the remedy. A click tries again. */
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
/** A phone call interrupts both devices, which resume afterwards. */
export const Interrupted: Story = {
  args: {
    script({ interrupt }) {
      interrupt("microphone");
      interrupt("camera");
    },
  },
  play: async ({ canvas }) => {
    const microphone = canvas.getByRole("button", { name: "Microphone" });
    await expect(microphone).toHaveAttribute("data-status", "interrupted");
    await expect(microphone).toHaveAccessibleDescription(/comes back by itself/);
  },
};
export const Sharing: Story = { args: { sharing: true } };
/** Creates a story in which sharing fails and the hint shows the remedy. */
const sharingFails = (refusal: CallErrorCode, remedy: RegExp, name = "Share screen"): Story => ({
  args: { refusal },
  play: async ({ canvas }) => {
    const button = canvas.getByRole("button", { name });
    await userEvent.click(button);
    await waitFor(() => expect(button).toHaveAttribute("data-status", "failed"));
    await expect(button).toHaveAccessibleDescription(remedy);
  },
});
/** The operating system denies screen capture. */
export const SharingFailed = sharingFails("permission-denied", /settings of the system/);
/** The chosen window cannot be captured. */
export const SharingNotStarted = sharingFails("device-busy", /choose another one/);
export const NothingToShare = sharingFails("device-missing", /no screen or window/);
/** The application started sharing without a click. */
export const SharingWithoutClick = sharingFails("activation-required", /Press the button again/);
/** The user cancelled the dialog of the browser, which is not an error. */
export const SharingCancelled: Story = {
  args: { refusal: "permission-dismissed" },
  play: async ({ canvas }) => {
    const button = canvas.getByRole("button", { name: "Share screen" });
    await userEvent.click(button);
    await waitFor(() => expect(button).toHaveAttribute("data-status", "off"));
    await expect(button).not.toHaveAttribute("data-trouble");
  },
};
export const Left: Story = { args: { options: { status: "left" } } };
export const Korean: Story = {
  ...Blocked,
  play: async () => {},
  decorators: inKorean,
};
export const KoreanSharingFailed: Story = {
  ...sharingFails("permission-denied", /시스템 설정/, "화면 공유"),
  decorators: inKorean,
};
export const DarkOn: Story = { ...On, ...inDark };
export const DarkOff: Story = { ...Off, ...inDark };
export const DarkBlocked: Story = { ...Blocked, ...inDark };
export const DarkInterrupted: Story = { ...Interrupted, ...inDark };
export const DarkSharingFailed: Story = { ...SharingFailed, ...inDark };

/** Custom buttons with the names, states and remedies of the hooks. */
function CustomButtons() {
  const [permission, setPermission] = useState<"granted" | "missing">("granted");
  const { simulation, call, media } = useSimulation();
  const buttons = {
    Microphone: useMicrophoneButton(media),
    Camera: useCameraButton(media),
    Screen: useScreenShareButton(media),
    Leave: useLeaveButton(call),
  };
  const toggleDevices = () => {
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
      <button type="button" onClick={toggleDevices}>
        {permission === "granted" ? "Remove the devices" : "Restore the devices"}
      </button>
    </>
  );
}

export const CustomMarkup: Story = {
  render: () => <CustomButtons />,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    const camera = page.getByRole("button", { name: "Camera" });
    await expect(camera).toHaveTextContent("●");
    await userEvent.click(camera);
    await waitFor(() => expect(camera).toHaveTextContent("○"));
    await userEvent.click(page.getByRole("button", { name: "Remove the devices" }));
    await userEvent.click(camera);
    await waitFor(() => expect(camera).toHaveAccessibleDescription(/No camera was found/));
  },
};
