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
  /** How the simulated call begins. */
  options?: SimulationOptions;
  sharing?: boolean;
  /** The failure of every attempt to share the screen. */
  refusal?: CallErrorCode;
  /** What has happened before the story is seen. */
  script?: (simulation: Simulation) => void;
}

/**
 * The four buttons, as an application would put them in a row. Each publishes `data-control` and
 * `data-status`, and in trouble `data-trouble` and a remedy: a popover (`data-twocan="control-hint"`)
 * while the button has the focus. Their size is `--twocan-control-size`.
 */
function Controls({ options, sharing = false, refusal, script }: ControlsProps) {
  const { simulation, call, media: simulated } = useSimulation(options, script);
  useEffect(() => {
    if (sharing) simulation.share("self");
  }, [simulation, sharing]);
  const refuse = (code: CallErrorCode) => async () => {
    throw new CallError(code, "Refused in a story.");
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
/** A story of a refused screen: the button is pressed, and its hint says what to do. */
const sharingFails = (refusal: CallErrorCode, remedy: RegExp, name = "Share screen"): Story => ({
  args: { refusal },
  play: async ({ canvas }) => {
    const button = canvas.getByRole("button", { name });
    await userEvent.click(button);
    await waitFor(() => expect(button).toHaveAttribute("data-status", "failed"));
    await expect(button).toHaveAccessibleDescription(remedy);
  },
});
/** The operating system does not let the browser record the screen. */
export const SharingFailed = sharingFails("permission-denied", /settings of the system/);
/** The chosen window cannot be captured. */
export const SharingNotStarted = sharingFails("device-busy", /choose another one/);
export const NothingToShare = sharingFails("device-missing", /no screen or window/);
/** The application started it without a click. */
export const SharingWithoutClick = sharingFails("activation-required", /Press the button again/);
/** The user closed the browser's dialog: nothing to say. */
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
