import type { Meta, StoryObj } from "@storybook/react-vite";
import { useEffect, useState } from "react";
import {
  CallError,
  ko,
  MessagesProvider,
  PreJoin,
  usePreJoin,
  VideoTile,
  type LocalMedia,
  type PreJoinProps,
} from "twocan";
import type { Simulation, SimulationOptions } from "twocan/testing";
import { expect, userEvent, waitFor, within } from "storybook/test";
import { useSimulation } from "./support/simulation.ts";

type ScreenProps = Partial<Omit<PreJoinProps, "media" | "onJoin">> & {
  options?: SimulationOptions;
  script?: (simulation: Simulation) => void;
  /** What else the media says. */
  change?: (media: LocalMedia) => Partial<LocalMedia>;
};

/** The way into a call, and the call that somebody came into. */
function Screen({ options, script, change, ...props }: ScreenProps) {
  const [joined, setJoined] = useState<string>();
  const { simulation, media: simulated } = useSimulation(options);
  useEffect(() => script?.(simulation), [simulation, script]);
  if (joined !== undefined) return <p>{joined} has joined.</p>;
  const media = { ...simulated, ...change?.(simulated) } as LocalMedia;
  return <PreJoin {...props} media={media} onJoin={({ name }) => setJoined(name)} />;
}

const meta = {
  title: "Components/PreJoin",
  component: PreJoin,
  args: { onJoin: () => {} },
  argTypes: { media: { control: false }, onJoin: { control: false }, children: { control: false } },
  render: ({ name, title, joining = false }) => (
    <Screen
      joining={joining}
      {...(name === undefined ? {} : { name })}
      {...(title === undefined ? {} : { title })}
    />
  ),
} satisfies Meta<typeof PreJoin>;
export default meta;

type Story = StoryObj<typeof meta>;

const screen = (props: ScreenProps): Story => ({ render: () => <Screen {...props} /> });
const permission = (state: SimulationOptions["permission"]): Story =>
  screen({ name: "Mina", options: { permission: state! } });
const inDark = { globals: { theme: "dark" } };

/** It explains before the browser asks; nothing is captured before the button is pressed. */
export const Idle: Story = screen({ options: { autoStart: false } });
/** The browser asks, over the page. */
export const Prompting: Story = permission("prompting");
export const Ready: Story = { args: { name: "Mina" } };
export const Heard: Story = screen({
  name: "Mina",
  options: { sound: true },
  script: (simulation) => simulation.speak("self"),
});
/** Where this browser keeps the permission; one may join all the same. */
export const Denied: Story = permission("denied");
export const Dismissed: Story = permission("dismissed");
export const Missing: Story = permission("missing");
export const Busy: Story = permission("busy");
export const InsecurePage: Story = permission("insecure");
/** No camera: with the voice alone. */
export const VoiceOnly: Story = screen({
  name: "Mina",
  change: (media) => ({
    camera: {
      ...media.camera,
      status: "missing",
      track: undefined,
      error: new CallError("device-missing", "No camera."),
      devices: [],
      deviceId: undefined,
    },
  }),
});
export const SwitchedOff: Story = screen({
  name: "Mina",
  options: { self: { microphone: false, camera: false } },
});
export const Joining: Story = { args: { name: "Mina", joining: true } };
/** Children come before the button that joins. */
export const WithMore: Story = screen({
  name: "Mina",
  title: "Stand-up of the kitchen team",
  children: (
    <label>
      <input type="checkbox" /> I have read the house rules
    </label>
  ),
});
export const Narrow: Story = {
  render: () => (
    <div style={{ inlineSize: "20rem", marginInline: "auto" }}>
      <Screen name="Mina" />
    </div>
  ),
};
export const RightToLeft: Story = {
  render: () => (
    <div dir="rtl">
      <Screen name="أميرة حداد" />
    </div>
  ),
};
/** What does not fit into a call is cut between two characters, and the person is told. */
export const LongName: Story = screen({ name: "Maximiliane ".repeat(8) });
const inKorean = (props: ScreenProps): Story => ({
  render: () => (
    <MessagesProvider messages={ko}>
      <Screen {...props} />
    </MessagesProvider>
  ),
});
export const Korean: Story = inKorean({ name: "김민아" });
export const KoreanDenied: Story = inKorean({ options: { permission: "denied" } });
export const DarkIdle: Story = { ...Idle, ...inDark };
export const DarkReady: Story = { ...Ready, ...inDark };
export const DarkDenied: Story = { ...Denied, ...inDark };

/** With the keyboard alone: ask, answer, a name, Enter. */
export const JoinWithEnter: Story = {
  ...Idle,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    await userEvent.click(page.getByRole("button", { name: "Allow camera and microphone" }));
    const name = page.getByRole("textbox", { name: "Your name" });
    // The button that asked has gone; the next thing to do has the focus.
    await waitFor(() => expect(name).toHaveFocus());
    await userEvent.keyboard("Mina{Enter}");
    await page.findByText("Mina has joined.");
  },
};

/** A browser that refuses, until the person finds the setting. */
function Refusing() {
  const [joined, setJoined] = useState<string>();
  const { simulation, media } = useSimulation({ permission: "denied" });
  if (joined !== undefined) return <p>{joined} has joined.</p>;
  return (
    <>
      <PreJoin media={media} name="Mina" onJoin={({ name }) => setJoined(name)} />
      <p>
        <button type="button" onClick={() => simulation.permission("granted")}>
          Change the setting of the browser
        </button>
      </p>
    </>
  );
}

export const DeniedThenAllowed: Story = {
  render: () => <Refusing />,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    await page.findByText(/Access is blocked/);
    await userEvent.click(page.getByRole("button", { name: "Change the setting of the browser" }));
    await userEvent.click(page.getByRole("button", { name: "Try again" }));
    const join = await page.findByRole("button", { name: "Join" });
    await waitFor(() => expect(join).toHaveFocus());
    await userEvent.keyboard("{Enter}");
    await page.findByText("Mina has joined.");
  },
};

export const ListenOnly: Story = {
  ...Denied,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    await userEvent.click(await page.findByRole("button", { name: "Join to watch and listen" }));
    await page.findByText("Mina has joined.");
  },
};

/** The same step on markup of one's own. */
function OwnStep() {
  const [joined, setJoined] = useState<string>();
  const { media } = useSimulation({ autoStart: false });
  const {
    self,
    permission: asked,
    formProps,
    nameProps,
    joinProps,
  } = usePreJoin({
    media,
    onJoin: ({ name }) => setJoined(name),
  });
  if (joined !== undefined) return <p>{joined} has joined.</p>;
  return (
    <form {...formProps} style={{ display: "grid", gap: "0.75rem", maxInlineSize: "24rem" }}>
      <VideoTile participant={self} />
      <output>{asked.text}</output>
      {asked.allowProps && <button {...asked.allowProps} />}
      <label>
        Name <input {...nameProps} />
      </label>
      <button {...joinProps} />
    </form>
  );
}

export const OwnMarkup: Story = { render: () => <OwnStep /> };
export const OwnMarkupJoined: Story = {
  ...OwnMarkup,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    await userEvent.click(page.getByRole("button", { name: "Allow camera and microphone" }));
    await userEvent.type(page.getByRole("textbox", { name: "Name" }), "Jun");
    await userEvent.click(await page.findByRole("button", { name: "Join" }));
    await page.findByText("Jun has joined.");
  },
};
