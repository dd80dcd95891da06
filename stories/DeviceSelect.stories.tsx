import type { Meta, StoryObj } from "@storybook/react-vite";
import { useEffect } from "react";
import { CallError } from "twocan/core";
import {
  AudioOutputSelect,
  DeviceSelect,
  ko,
  LevelMeter,
  MessagesProvider,
  useAudioOutputSelect,
  useDeviceSelect,
  type CaptureKind,
  type LocalMedia,
} from "twocan";
import type { SimulationOptions } from "twocan/testing";
import { expect, userEvent, waitFor, within } from "storybook/test";
import { useSimulation } from "./support/simulation.ts";

interface ChoiceProps {
  kind: CaptureKind;
  options?: SimulationOptions;
  /** What else the media says. */
  change?: (media: LocalMedia) => Partial<LocalMedia>;
}

function Choice({ kind, options, change }: ChoiceProps) {
  const { media } = useSimulation(options);
  return <DeviceSelect media={{ ...media, ...change?.(media) } as LocalMedia} kind={kind} />;
}

const meta = {
  title: "Components/DeviceSelect",
  component: DeviceSelect,
  subcomponents: { AudioOutputSelect, LevelMeter },
  args: { kind: "audioinput" },
  argTypes: { media: { control: false } },
  render: ({ kind }) => <Choice kind={kind} />,
  decorators: [
    (Story) => (
      <div style={{ maxInlineSize: "20rem" }}>
        <Story />
      </div>
    ),
  ],
} satisfies Meta<typeof DeviceSelect>;
export default meta;

type Story = StoryObj<typeof meta>;

const choiceOf = (canvasElement: HTMLElement) =>
  within(canvasElement).getByRole<HTMLSelectElement>("combobox");

export const Microphones: Story = {
  play: async ({ canvasElement }) => {
    const choice = choiceOf(canvasElement);
    await expect(choice).toHaveDisplayValue("Built-in microphone");
    await userEvent.selectOptions(choice, "Headset");
    await waitFor(() => expect(choice).toHaveAttribute("aria-busy", "false"));
    await expect(choice).toHaveDisplayValue("Headset");
  },
};
export const Cameras: Story = { args: { kind: "videoinput" } };

/** Plug something in or pull it out: the list follows, and says what is gone. */
function Plugs({ kind }: { kind: CaptureKind }) {
  const { simulation, media } = useSimulation();
  return (
    <div style={{ display: "grid", gap: "1rem" }}>
      <DeviceSelect media={media} kind={kind} />
      <div style={{ display: "flex", flexWrap: "wrap", gap: "0.5rem" }}>
        <button type="button" onClick={() => simulation.plug(kind, "Studio microphone")}>
          Plug in
        </button>
        <button type="button" onClick={() => simulation.unplug(kind, "Studio microphone")}>
          Pull out
        </button>
      </div>
    </div>
  );
}

export const PluggingAndUnplugging: Story = {
  render: ({ kind }) => <Plugs kind={kind} />,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    const choice = choiceOf(canvasElement);
    await expect(choice.options).toHaveLength(3);
    await userEvent.click(page.getByRole("button", { name: "Plug in" }));
    await waitFor(() => expect(choice.options).toHaveLength(4));
    await userEvent.selectOptions(choice, "Studio microphone");
    await waitFor(() => expect(choice).toHaveAttribute("aria-busy", "false"));
    await userEvent.click(page.getByRole("button", { name: "Pull out" }));
    await waitFor(() => expect(choice.options).toHaveLength(3));
    await expect(page.getByRole("status")).toHaveTextContent(
      "“Studio microphone” was disconnected.",
    );
    await expect(choice).toHaveDisplayValue("Built-in microphone");
  },
};

/** On which speaker the call is heard. Where a browser leaves no choice, nothing is shown. */
function Outputs() {
  const { simulation, media } = useSimulation();
  const audioOutput = useAudioOutputSelect(media);
  return (
    <div style={{ display: "grid", gap: "1rem" }}>
      <AudioOutputSelect audioOutput={audioOutput} />
      <div style={{ display: "flex", flexWrap: "wrap", gap: "0.5rem" }}>
        <button type="button" onClick={() => simulation.plug("audiooutput", "Headphones")}>
          Plug in
        </button>
        <button type="button" onClick={() => simulation.unplug("audiooutput", "Headphones")}>
          Pull out
        </button>
      </div>
    </div>
  );
}

export const Speakers: Story = {
  render: () => <Outputs />,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    const choice = choiceOf(canvasElement);
    await expect(choice).toHaveDisplayValue("System default");
    await userEvent.click(page.getByRole("button", { name: "Plug in" }));
    await page.findByRole("option", { name: "Headphones" });
    await userEvent.selectOptions(choice, "Headphones");
    await userEvent.click(page.getByRole("button", { name: "Pull out" }));
    await waitFor(() => expect(choice).toHaveDisplayValue("System default"));
    await userEvent.click(page.getByRole("button", { name: "Plug in" }));
    await waitFor(() => expect(choice).toHaveDisplayValue("Headphones"));
  },
};
export const SpeakersDark: Story = { ...Speakers, globals: { theme: "dark" } };

const microphone = (changes: (media: LocalMedia) => Partial<LocalMedia["microphone"]>) => ({
  render: () => (
    <Choice
      kind="audioinput"
      change={(media) => ({
        microphone: { ...media.microphone, ...changes(media) } as LocalMedia["microphone"],
      })}
    />
  ),
});

function renamed({ deviceId, groupId, kind }: MediaDeviceInfo, label: string): MediaDeviceInfo {
  const info = { deviceId, groupId, kind, label };
  return { ...info, toJSON: () => info };
}

/** The one chosen does not work: the former one goes on. */
export const ChoiceFailed: Story = {
  ...microphone(() => ({
    select: () => Promise.reject(new CallError("device-busy", "In use.")),
  })),
  play: async ({ canvasElement }) => {
    const choice = choiceOf(canvasElement);
    await userEvent.selectOptions(choice, "Headset");
    await within(canvasElement).findByText(/in use by another app/);
    await expect(choice).toHaveDisplayValue("Built-in microphone");
  },
};
export const BeforePermission: Story = microphone(() => ({
  status: "off",
  devices: [],
  deviceId: undefined,
}));
export const WithoutNames: Story = microphone(({ microphone: { devices } }) => ({
  devices: devices.map((device) => renamed(device, "")),
}));
export const Starting: Story = microphone(() => ({ status: "starting" }));
export const NoDevices: Story = microphone(() => ({
  status: "missing",
  devices: [],
  deviceId: undefined,
}));
export const LongNames: Story = microphone(({ microphone: { devices } }) => ({
  devices: devices.map((device) =>
    renamed(device, `${device.label} of the small room on the second floor (046d:0825)`),
  ),
}));
export const Korean: Story = {
  ...NoDevices,
  decorators: [
    (Story) => (
      <MessagesProvider messages={ko}>
        <Story />
      </MessagesProvider>
    ),
  ],
};
export const Dark: Story = { ...PluggingAndUnplugging, globals: { theme: "dark" } };

/** Somebody says something; nothing but the bar itself changes while they do. */
function Voice({ speaking }: { speaking: boolean }) {
  const { simulation, call } = useSimulation();
  useEffect(() => simulation.speak("self", speaking), [simulation, speaking]);
  return <LevelMeter subject={call.self} />;
}

export const MeterListening: Story = { render: () => <Voice speaking={false} /> };
export const MeterHeard: Story = {
  render: () => <Voice speaking />,
  play: async ({ canvasElement }) => {
    await within(canvasElement).findByText("We can hear you.");
  },
};
export const MeterHeardDark: Story = { ...MeterHeard, globals: { theme: "dark" } };

/** Radio buttons on the hook, where there are few and one should see them all. */
function OwnChoice() {
  const { media } = useSimulation();
  const { label, options, selectProps, choose, note } = useDeviceSelect(media.camera, "videoinput");
  return (
    <fieldset disabled={selectProps.disabled}>
      <legend>{label}</legend>
      {options.map((option) => (
        <label key={option.value} style={{ display: "block", paddingBlock: "0.5rem" }}>
          <input
            type="radio"
            name="camera"
            checked={option.value === selectProps.value}
            onChange={() => choose(option.value)}
          />{" "}
          {option.label}
        </label>
      ))}
      <output>{note}</output>
    </fieldset>
  );
}

export const OwnMarkup: Story = {
  render: () => <OwnChoice />,
  play: async ({ canvasElement }) => {
    const other = within(canvasElement).getByRole("radio", { name: "USB camera" });
    await userEvent.click(other);
    await waitFor(() => expect(other).toBeChecked());
  },
};
