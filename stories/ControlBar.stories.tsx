import type { Meta, StoryObj } from "@storybook/react-vite";
import { useEffect, useState } from "react";
import {
  ControlBar,
  ko,
  MessagesProvider,
  useCallShortcuts,
  useCameraButton,
  useDeviceSelect,
  useLeaveButton,
  useMicrophoneButton,
  type ControlBarProps,
} from "twocan";
import type { SimulationOptions } from "twocan/testing";
import { expect, fireEvent, userEvent, waitFor, within } from "storybook/test";
import { useSimulation } from "./support/simulation.ts";

type BarProps = Omit<ControlBarProps, "call" | "media"> & {
  options?: SimulationOptions;
  sharing?: boolean;
};

function Bar({ options, sharing = false, ...props }: BarProps) {
  const { simulation, call, media } = useSimulation(options);
  useEffect(() => {
    if (sharing) simulation.share("self");
  }, [simulation, sharing]);
  return <ControlBar {...props} call={call} media={media} />;
}

const meta = {
  title: "Components/ControlBar",
  component: ControlBar,
  argTypes: { media: { control: false }, call: { control: false }, children: { control: false } },
  render: ({ shortcuts = true }) => <Bar shortcuts={shortcuts} />,
  decorators: [
    (Story) => (
      <div style={{ paddingBlock: "14rem 0.5rem" }}>
        <Story />
      </div>
    ),
  ],
} satisfies Meta<typeof ControlBar>;
export default meta;

type Story = StoryObj<typeof meta>;

const bar = (props: BarProps): Story => ({ render: () => <Bar {...props} /> });
const inDark = { globals: { theme: "dark" } };

export const Everything: Story = {};
export const Muted: Story = bar({ options: { self: { microphone: false, camera: false } } });
export const Blocked: Story = bar({ options: { permission: "denied" } });
export const Sharing: Story = bar({ sharing: true });
export const Left: Story = bar({ options: { status: "left" } });

/** The menu beside a switch: the device, and whether it hears anything. */
export const ChoosingADevice: Story = {
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    await userEvent.click(page.getByRole("button", { name: "Microphone settings" }));
    const choice = await page.findByRole("combobox", { name: "Microphone" });
    await userEvent.selectOptions(choice, "Headset");
    await waitFor(() => expect(choice).toHaveDisplayValue("Headset"));
  },
};

const keys = {
  display: "grid",
  gridTemplateColumns: "auto auto",
  gap: "0.25rem 1rem",
  inlineSize: "fit-content",
  marginInline: "auto",
};

/** The keys, as an application can tell them. */
function WithKeys() {
  return (
    <>
      <dl style={keys}>
        <dt>Hold Space, while muted</dt>
        <dd style={{ margin: 0 }}>Others hear you until you let go</dd>
        <dt>M</dt>
        <dd style={{ margin: 0 }}>Microphone on and off</dd>
        <dt>V</dt>
        <dd style={{ margin: 0 }}>Camera on and off</dd>
      </dl>
      <p style={{ maxInlineSize: "34rem", margin: "1rem auto", textAlign: "center" }}>
        Not while you type or choose; Space presses a button that has the focus. The microphone’s
        menu turns the keys off, and so does <code>shortcuts=&#123;false&#125;</code>.
      </p>
      <Bar options={{ self: { microphone: false } }} />
    </>
  );
}

export const PushToTalk: Story = {
  render: () => <WithKeys />,
  play: async ({ canvasElement }) => {
    const user = userEvent.setup();
    const page = within(canvasElement);
    const group = page.getByRole("group", { name: "Call controls" });
    const microphone = page.getByRole("button", { name: "Microphone" });
    await waitFor(() => expect(microphone).toHaveAttribute("data-status", "off"));
    await waitFor(async () => {
      await user.keyboard("[/Space][Space>]");
      await expect(microphone).toHaveAttribute("data-status", "on");
    });
    await expect(group).toHaveAttribute("data-push-to-talk", "true");
    await expect(page.getByRole("status")).toHaveTextContent("You are on air");
    await user.keyboard("[/Space]");
    await waitFor(() => expect(microphone).toHaveAttribute("data-status", "off"));
    await expect(page.getByRole("status")).toBeEmptyDOMElement();
  },
};

/** While Space is held. */
export const OnAir: Story = {
  ...bar({ options: { self: { microphone: false } } }),
  play: async ({ canvasElement }) => {
    const microphone = within(canvasElement).getByRole("button", { name: "Microphone" });
    await waitFor(() => expect(microphone).toHaveAttribute("data-status", "off"));
    // Again until it is heard: the keys are listened to a moment after the bar is seen.
    await waitFor(async () => {
      await fireEvent.keyDown(document.body, { key: " ", code: "Space" });
      await expect(microphone).toHaveAttribute("data-status", "on");
    });
  },
};

function HandButton() {
  const [raised, setRaised] = useState(false);
  return (
    <button
      type="button"
      data-twocan="control-button"
      aria-pressed={raised}
      onClick={() => setRaised(!raised)}
    >
      Raise hand
    </button>
  );
}

/** More buttons are children; `data-twocan="control-button"` gives them the same look. */
export const MoreButtons: Story = bar({ children: <HandButton /> });

/** On a phone. */
export const Narrow: Story = {
  render: () => (
    <div style={{ inlineSize: "18rem", marginInline: "auto" }}>
      <Bar />
    </div>
  ),
};
export const RightToLeft: Story = {
  render: () => (
    <div dir="rtl">
      <Bar />
    </div>
  ),
};
export const Korean: Story = {
  render: () => (
    <MessagesProvider messages={ko}>
      <Bar options={{ self: { microphone: false } }} />
    </MessagesProvider>
  ),
};
export const DarkEverything: Story = { ...Everything, ...inDark };
export const DarkMuted: Story = { ...Muted, ...inDark };
export const DarkChoosingADevice: Story = { ...ChoosingADevice, ...inDark };
export const DarkOnAir: Story = { ...OnAir, ...inDark };

/** Words in place of the names that go with icons. */
const inWords = {
  "data-twocan": undefined,
  "aria-label": undefined,
  "aria-pressed": undefined,
  title: undefined,
};

/** A bar from the hooks alone: words in place of icons, and the choice of the camera in the row. */
function OwnBar() {
  const { call, media } = useSimulation({ self: { microphone: false } });
  const { pushToTalk } = useCallShortcuts({ call, media });
  const microphone = useMicrophoneButton(media);
  const camera = useCameraButton(media);
  const leave = useLeaveButton(call);
  const { selectProps, options, label, noteProps } = useDeviceSelect(media.camera, "videoinput");
  const left = call.status === "left";
  return (
    <div style={{ display: "grid", gap: "0.5rem" }}>
      <button {...microphone.buttonProps} {...inWords}>
        {pushToTalk ? "On air" : microphone.pressed ? "Mute" : "Unmute, or hold Space"}
      </button>
      {microphone.trouble && <em {...microphone.hintProps} />}
      <button {...camera.buttonProps} {...inWords}>
        {camera.pressed ? "Turn the camera off" : "Turn the camera on"}
      </button>
      <select {...selectProps} aria-label={label}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <output {...noteProps} />
      <button {...leave.buttonProps} {...inWords}>
        {left ? "Bye" : "Hang up"}
      </button>
    </div>
  );
}

export const OwnMarkup: Story = {
  render: () => <OwnBar />,
  play: async ({ canvasElement }) => {
    const user = userEvent.setup();
    const page = within(canvasElement);
    await page.findByRole("button", { name: "Unmute, or hold Space" });
    // Again until it is heard: the keys are listened to a moment after the bar is seen.
    await waitFor(async () => {
      await user.keyboard("[/Space][Space>]");
      await expect(page.getByRole("button", { name: "On air" })).toBeVisible();
    });
    await user.keyboard("[/Space]");
    await page.findByRole("button", { name: "Unmute, or hold Space" });
    await userEvent.selectOptions(page.getByRole("combobox", { name: "Camera" }), "USB camera");
    await userEvent.click(page.getByRole("button", { name: "Hang up" }));
    await page.findByRole("button", { name: "Bye" });
  },
};
