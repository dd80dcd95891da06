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

type DemoProps = Partial<Omit<PreJoinProps, "media" | "onJoin">> & {
  options?: SimulationOptions;
  script?: (simulation: Simulation) => void;
  /** Overrides parts of the media. */
  change?: (media: LocalMedia) => Partial<LocalMedia>;
};

/** Shows the form, and the name of the user after joining. */
function PreJoinDemo({ options, script, change, ...props }: DemoProps) {
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
    <PreJoinDemo
      joining={joining}
      {...(name === undefined ? {} : { name })}
      {...(title === undefined ? {} : { title })}
    />
  ),
} satisfies Meta<typeof PreJoin>;
export default meta;

type Story = StoryObj<typeof meta>;

const demo = (props: DemoProps): Story => ({ render: () => <PreJoinDemo {...props} /> });
const permission = (state: SimulationOptions["permission"]): Story =>
  demo({ name: "Mina", options: { permission: state! } });
const inDark = { globals: { theme: "dark" } };

/** Explains the permission prompt. Nothing is captured before the click on the button. */
export const Idle: Story = demo({ options: { autoStart: false } });
/** The permission prompt is open. */
export const Prompting: Story = permission("prompting");
export const Ready: Story = { args: { name: "Mina" } };
export const Heard: Story = demo({
  name: "Mina",
  options: { sound: true },
  script: (simulation) => simulation.speak("self"),
});
/** Explains where this browser keeps the permission. The user can join without devices. */
export const Denied: Story = permission("denied");
export const Dismissed: Story = permission("dismissed");
export const Missing: Story = permission("missing");
export const Busy: Story = permission("busy");
export const InsecurePage: Story = permission("insecure");
/** Without a camera, the user can join with the microphone. */
export const VoiceOnly: Story = demo({
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
export const DevicesOff: Story = demo({
  name: "Mina",
  options: { self: { microphone: false, camera: false } },
});
export const Joining: Story = { args: { name: "Mina", joining: true } };
/** Children are rendered before the button to join. */
export const WithChildren: Story = demo({
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
      <PreJoinDemo name="Mina" />
    </div>
  ),
};
export const RightToLeft: Story = {
  render: () => (
    <div dir="rtl">
      <PreJoinDemo name="أميرة حداد" />
    </div>
  ),
};
/** A name that is too long is cut between two characters, and a note reports it. */
export const LongName: Story = demo({ name: "Maximiliane ".repeat(8) });
const inKorean = (props: DemoProps): Story => ({
  render: () => (
    <MessagesProvider messages={ko}>
      <PreJoinDemo {...props} />
    </MessagesProvider>
  ),
});
export const Korean: Story = inKorean({ name: "김민아" });
export const KoreanDenied: Story = inKorean({ options: { permission: "denied" } });
export const DarkIdle: Story = { ...Idle, ...inDark };
export const DarkReady: Story = { ...Ready, ...inDark };
export const DarkDenied: Story = { ...Denied, ...inDark };

/** Joins with the keyboard: permission, name, Enter. */
export const JoinWithEnter: Story = {
  ...Idle,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    await userEvent.click(page.getByRole("button", { name: "Allow camera and microphone" }));
    const name = page.getByRole("textbox", { name: "Your name" });
    // The button is removed, and the next field has the focus.
    await waitFor(() => expect(name).toHaveFocus());
    await userEvent.keyboard("Mina{Enter}");
    await page.findByText("Mina has joined.");
  },
};

/** The browser denies access until the user changes the setting. */
function DeniedDemo() {
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
  render: () => <DeniedDemo />,
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

/** The form with custom markup. */
function CustomForm() {
  const [joined, setJoined] = useState<string>();
  const { media } = useSimulation({ autoStart: false });
  const {
    self,
    permission: access,
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
      <output>{access.text}</output>
      {access.allowProps && <button {...access.allowProps} />}
      <label>
        Name <input {...nameProps} />
      </label>
      <button {...joinProps} />
    </form>
  );
}

export const CustomMarkup: Story = { render: () => <CustomForm /> };
export const CustomMarkupJoined: Story = {
  ...CustomMarkup,
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    await userEvent.click(page.getByRole("button", { name: "Allow camera and microphone" }));
    await userEvent.type(page.getByRole("textbox", { name: "Name" }), "Jun");
    await userEvent.click(await page.findByRole("button", { name: "Join" }));
    await page.findByText("Jun has joined.");
  },
};
