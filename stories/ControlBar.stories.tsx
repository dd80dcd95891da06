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

/** The menu of a device button: the device and its level. */
export const DeviceMenu: Story = {
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    await userEvent.click(page.getByRole("button", { name: "Microphone settings" }));
    const choice = await page.findByRole("combobox", { name: "Microphone" });
    await userEvent.selectOptions(choice, "Headset");
    await waitFor(() => expect(choice).toHaveDisplayValue("Headset"));
  },
};

const helpStyle = {
  display: "grid",
  gridTemplateColumns: "auto auto",
  gap: "0.25rem 1rem",
  inlineSize: "fit-content",
  marginInline: "auto",
};

/** Lists the shortcuts, as an application could. */
function BarWithHelp() {
  return (
    <>
      <dl style={helpStyle}>
        <dt>Hold Space, while muted</dt>
        <dd style={{ margin: 0 }}>Others hear you until you release the key</dd>
        <dt>M</dt>
        <dd style={{ margin: 0 }}>Microphone on and off</dd>
        <dt>V</dt>
        <dd style={{ margin: 0 }}>Camera on and off</dd>
      </dl>
      <p style={{ maxInlineSize: "34rem", margin: "1rem auto", textAlign: "center" }}>
        The keys do nothing while you type or select. Space clicks a focused button. The microphone
        menu turns the keys off, and so does <code>shortcuts=&#123;false&#125;</code>.
      </p>
      <Bar options={{ self: { microphone: false } }} />
    </>
  );
}

export const PushToTalk: Story = {
  render: () => <BarWithHelp />,
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

/** While the user holds Space. */
export const OnAir: Story = {
  ...bar({ options: { self: { microphone: false } } }),
  play: async ({ canvasElement }) => {
    const microphone = within(canvasElement).getByRole("button", { name: "Microphone" });
    await waitFor(() => expect(microphone).toHaveAttribute("data-status", "off"));
    // Repeated, because the key listeners are added after the first render.
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

/** Children are more buttons. `data-twocan="control-button"` gives them the same style. */
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
export const DarkDeviceMenu: Story = { ...DeviceMenu, ...inDark };
export const DarkOnAir: Story = { ...OnAir, ...inDark };

/** Removes the props that belong to a button with an icon. */
const textButton = {
  "data-twocan": undefined,
  "aria-label": undefined,
  "aria-pressed": undefined,
  title: undefined,
};

/** A bar from the hooks: text instead of icons, and a select for the camera. */
function CustomBar() {
  const { call, media } = useSimulation({ self: { microphone: false } });
  const { pushToTalk } = useCallShortcuts({ call, media });
  const microphone = useMicrophoneButton(media);
  const camera = useCameraButton(media);
  const leave = useLeaveButton(call);
  const { selectProps, options, label, noteProps } = useDeviceSelect(media.camera, "videoinput");
  const left = call.status === "left";
  return (
    <div style={{ display: "grid", gap: "0.5rem" }}>
      <button {...microphone.buttonProps} {...textButton}>
        {pushToTalk ? "On air" : microphone.pressed ? "Mute" : "Unmute, or hold Space"}
      </button>
      {microphone.trouble && <em {...microphone.hintProps} />}
      <button {...camera.buttonProps} {...textButton}>
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
      <button {...leave.buttonProps} {...textButton}>
        {left ? "Bye" : "Hang up"}
      </button>
    </div>
  );
}

export const CustomMarkup: Story = {
  render: () => <CustomBar />,
  play: async ({ canvasElement }) => {
    const user = userEvent.setup();
    const page = within(canvasElement);
    await page.findByRole("button", { name: "Unmute, or hold Space" });
    // Repeated, because the key listeners are added after the first render.
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
