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

interface DemoProps {
  kind: CaptureKind;
  options?: SimulationOptions;
  /** Overrides parts of the media. */
  change?: (media: LocalMedia) => Partial<LocalMedia>;
}

function DeviceSelectDemo({ kind, options, change }: DemoProps) {
  const { media } = useSimulation(options);
  return <DeviceSelect media={{ ...media, ...change?.(media) } as LocalMedia} kind={kind} />;
}

const meta = {
  title: "Components/DeviceSelect",
  component: DeviceSelect,
  subcomponents: { AudioOutputSelect, LevelMeter },
  args: { kind: "audioinput" },
  argTypes: { media: { control: false } },
  render: ({ kind }) => <DeviceSelectDemo kind={kind} />,
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

const selectIn = (canvasElement: HTMLElement) =>
  within(canvasElement).getByRole<HTMLSelectElement>("combobox");

export const Microphones: Story = {
  play: async ({ canvasElement }) => {
    const select = selectIn(canvasElement);
    await expect(select).toHaveDisplayValue("Built-in microphone");
    await userEvent.selectOptions(select, "Headset");
    await waitFor(() => expect(select).toHaveAttribute("aria-busy", "false"));
    await expect(select).toHaveDisplayValue("Headset");
  },
};
export const Cameras: Story = { args: { kind: "videoinput" } };

/** The list follows devices that are plugged in and unplugged, and a note reports a lost device. */
function PlugDemo({ kind }: { kind: CaptureKind }) {
  const { simulation, media } = useSimulation();
  return (
    <div style={{ display: "grid", gap: "1rem" }}>
      <DeviceSelect media={media} kind={kind} />
      <div style={{ display: "flex", flexWrap: "wrap", gap: "0.5rem" }}>
        <button type="button" onClick={() => simulation.plug(kind, "Studio microphone")}>
          Plug in
        </button>
        <button type="button" onClick={() => simulation.unplug(kind, "Studio microphone")}>
          Unplug
        </button>
      </div>
    </div>
  );
}

export const PluggingAndUnplugging: Story = {
  render: ({ kind }) => <PlugDemo kind={kind} />,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    const select = selectIn(canvasElement);
    await expect(select.options).toHaveLength(3);
    await userEvent.click(page.getByRole("button", { name: "Plug in" }));
    await waitFor(() => expect(select.options).toHaveLength(4));
    await userEvent.selectOptions(select, "Studio microphone");
    await waitFor(() => expect(select).toHaveAttribute("aria-busy", "false"));
    await userEvent.click(page.getByRole("button", { name: "Unplug" }));
    await waitFor(() => expect(select.options).toHaveLength(3));
    await expect(page.getByRole("status")).toHaveTextContent(
      "“Studio microphone” was disconnected.",
    );
    await expect(select).toHaveDisplayValue("Built-in microphone");
  },
};

/** Selects the speaker. Renders nothing in a browser without `setSinkId`. */
function SpeakerDemo() {
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
          Unplug
        </button>
      </div>
    </div>
  );
}

export const Speakers: Story = {
  render: () => <SpeakerDemo />,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    const select = selectIn(canvasElement);
    await expect(select).toHaveDisplayValue("System default");
    await userEvent.click(page.getByRole("button", { name: "Plug in" }));
    await page.findByRole("option", { name: "Headphones" });
    await userEvent.selectOptions(select, "Headphones");
    await userEvent.click(page.getByRole("button", { name: "Unplug" }));
    await waitFor(() => expect(select).toHaveDisplayValue("System default"));
    await userEvent.click(page.getByRole("button", { name: "Plug in" }));
    await waitFor(() => expect(select).toHaveDisplayValue("Headphones"));
  },
};
export const SpeakersDark: Story = { ...Speakers, globals: { theme: "dark" } };

const microphone = (changes: (media: LocalMedia) => Partial<LocalMedia["microphone"]>) => ({
  render: () => (
    <DeviceSelectDemo
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

/** The selected device does not work, so the previous one stays in use. */
export const SelectionFailed: Story = {
  ...microphone(() => ({
    select: () => Promise.reject(new CallError("device-busy", "In use.")),
  })),
  play: async ({ canvasElement }) => {
    const select = selectIn(canvasElement);
    await userEvent.selectOptions(select, "Headset");
    await within(canvasElement).findByText(/in use by another app/);
    await expect(select).toHaveDisplayValue("Built-in microphone");
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

/** Speech changes only the bar, without a render. */
function LevelMeterDemo({ speaking }: { speaking: boolean }) {
  const { simulation, call } = useSimulation();
  useEffect(() => simulation.speak("self", speaking), [simulation, speaking]);
  return <LevelMeter subject={call.self} />;
}

export const MeterListening: Story = { render: () => <LevelMeterDemo speaking={false} /> };
export const MeterHeard: Story = {
  render: () => <LevelMeterDemo speaking />,
  play: async ({ canvasElement }) => {
    await within(canvasElement).findByText("We can hear you.");
  },
};
export const MeterHeardDark: Story = { ...MeterHeard, globals: { theme: "dark" } };

/** Radio buttons instead of a select, for a few devices. */
function CustomDeviceSelect() {
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

export const CustomMarkup: Story = {
  render: () => <CustomDeviceSelect />,
  play: async ({ canvasElement }) => {
    const other = within(canvasElement).getByRole("radio", { name: "USB camera" });
    await userEvent.click(other);
    await waitFor(() => expect(other).toBeChecked());
  },
};
