import type { Meta, StoryObj } from "@storybook/react-vite";
import { Hand } from "lucide-react";
import type { ComponentProps, ComponentType, ReactNode } from "react";
import { expect, waitFor } from "storybook/test";
import { ko, MessagesProvider, useVideoTile, VideoTile, type Participant } from "twocan";
import type { SimulatedPerson, Simulation } from "twocan/testing";
import { useSimulation } from "./support/simulation.ts";

interface StoryProps extends Partial<ComponentProps<typeof VideoTile>> {
  /** The participant in the tile, whose id is `mina`. */
  person?: SimulatedPerson;
  /** Runs before the first render. */
  script?: (simulation: Simulation) => void;
  /** Shows the local participant instead. */
  self?: boolean;
  /** Replaces the tile. */
  tile?: (participant: Participant) => ReactNode;
}

function SimulatedTile({ person, script, self = false, tile, ...props }: StoryProps) {
  const mina = { name: "Mina Park", ...person };
  const { call } = useSimulation({ participants: [{ id: "mina", ...mina }], self: mina }, script);
  const participant = self ? call.self : call.participants[0];
  // An unmounted story has left its call, so there is no participant.
  if (!participant) return null;
  return tile ? tile(participant) : <VideoTile {...props} participant={participant} />;
}

const meta: Meta<StoryProps> = {
  title: "Components/VideoTile",
  component: VideoTile as ComponentType<object>,
  argTypes: Object.fromEntries(
    ["participant", "person", "script", "self", "tile"].map((name) => [
      name,
      { table: { disable: true } },
    ]),
  ),
  render: (args) => <SimulatedTile {...args} />,
  decorators: [
    (Story) => (
      <div style={{ maxInlineSize: "32rem" }}>
        <Story />
      </div>
    ),
  ],
};
export default meta;

type Story = StoryObj<StoryProps>;

const withPerson = (person: SimulatedPerson): Story => ({ args: { person } });
const withScript = (
  script: (simulation: Simulation) => void,
  person: SimulatedPerson = {},
): Story => ({
  args: { person, script },
});

export const CameraOn: Story = {};
export const CameraOff: Story = withPerson({ camera: false });
export const MicrophoneOff: Story = withPerson({ microphone: false });
export const BothOff: Story = withPerson({ name: "Jonas", microphone: false, camera: false });
/** A ring marks the speaker. `data-speaking` is set on the element without a render. */
export const Speaking: Story = {
  ...withScript((simulation) => simulation.speak("mina")),
  play: async ({ canvas }) => {
    const tile = canvas.getByRole("figure", { name: "Mina Park" });
    await waitFor(() => expect(tile.dataset["speaking"]).toBe("true"));
  },
};
export const SpeakingWithoutCamera: Story = withScript((simulation) => simulation.speak("mina"), {
  camera: false,
});
/** The local camera is mirrored. */
export const Self: Story = { args: { self: true } };
/** A rear camera is not mirrored. `mirrored={false}` does the same for any camera. */
export const SelfUnmirrored: Story = { args: { self: true, mirrored: false } };
/** A phone call interrupts the microphone and the camera until it ends. */
export const SelfInterrupted: Story = {
  args: {
    self: true,
    script({ interrupt }) {
      interrupt("microphone");
      interrupt("camera");
    },
  },
  play: async ({ canvas }) => {
    await canvas.findByRole("figure", { name: "Mina Park (you), microphone off, camera off" });
  },
};
/** A screen is shown as a whole, on a dark background, and is not mirrored. */
export const SharedScreen: Story = { args: { person: { screen: true }, source: "screen" } };
export const Connecting: Story = withPerson({ status: "connecting", camera: false });
/** The video is frozen, and dimmed so that it does not look live. */
export const Reconnecting: Story = withScript(({ reconnect }) => reconnect("mina"));
export const Failed: Story = withPerson({ status: "failed", camera: false, name: "Amira Haddad" });
/** Two bars of five, and the label has the quality, too. The measurement takes four seconds. */
export const PoorConnection: Story = {
  ...withScript(({ measure }) => measure("mina", { quality: "poor" })),
  play: async ({ canvas }) => {
    const find = () => canvas.findByRole("figure", { name: "Mina Park, poor connection" });
    await expect(await waitFor(find, { timeout: 15_000 })).toHaveAttribute("data-quality", "poor");
  },
};
export const UnstableConnection: Story = withScript(
  ({ measure }) => measure("mina", { quality: "fair" }),
  {
    microphone: false,
  },
);
/** Upright video is not cropped, unless `fit` is set. */
export const UprightVideo: Story = withPerson({ aspectRatio: 9 / 16 });
/** In an upright tile it fills the tile. `VideoGrid` gives each video a tile of its aspect ratio. */
export const UprightVideoInUprightTile: Story = {
  args: { person: { aspectRatio: 9 / 16 }, style: { aspectRatio: "9 / 16", inlineSize: "15rem" } },
};
export const UprightVideoCropped: Story = {
  args: { person: { aspectRatio: 9 / 16 }, fit: "cover" },
};
export const LongName: Story = withPerson({
  name: "Wolfeschlegelsteinhausenbergerdorff the Elder, of Lower Saxony and the Islands",
  microphone: false,
});
export const NoName: Story = withPerson({ name: undefined, camera: false });
/** A name with markup is shown as text. */
export const MarkupAsName: Story = withPerson({
  name: "<img src=x onerror=alert(1)>",
  camera: false,
});
/** The smallest tile of a grid. */
export const Small: Story = {
  ...withScript(({ reconnect }) => reconnect("mina"), { microphone: false }),
  decorators: [
    (Story) => (
      <div style={{ inlineSize: "8.5rem" }}>
        <Story />
      </div>
    ),
  ],
};
const raisedHand = {
  position: "absolute",
  insetBlockStart: 8,
  insetInlineEnd: 8,
  display: "grid",
  padding: 8,
  borderRadius: "50%",
  background: "#ffc163",
  color: "#1b1f27",
} as const;
/** Children are rendered over the video. */
export const WithChildren: Story = {
  args: {
    children: (
      <span style={raisedHand}>
        <Hand aria-label="raises a hand" />
      </span>
    ),
  },
};
export const RightToLeft: Story = {
  ...withPerson({ name: "أميرة حداد", microphone: false, camera: false }),
  decorators: [
    (Story) => (
      <div dir="rtl">
        <Story />
      </div>
    ),
  ],
};
export const Korean: Story = {
  ...withPerson({ name: "김민아", microphone: false, camera: false, status: "reconnecting" }),
  decorators: [
    (Story) => (
      <MessagesProvider messages={ko}>
        <Story />
      </MessagesProvider>
    ),
  ],
};
export const Dark: Story = {
  ...withScript(({ speak }) => speak("mina"), { name: "Jonas", camera: false }),
  globals: { theme: "dark" },
};

/** Custom markup with `useVideoTile`. */
function Badge({ participant }: { participant: Participant }) {
  const { tileProps, videoProps, picture, displayName, muted } = useVideoTile({ participant });
  return (
    <figure
      {...tileProps}
      // Without this attribute, the stylesheet does not select the element.
      data-twocan={undefined}
      style={{ display: "flex", gap: 16, alignItems: "center", margin: 0, font: "1rem system-ui" }}
    >
      <video
        {...videoProps}
        muted
        data-twocan={undefined}
        style={{
          inlineSize: 96,
          blockSize: 96,
          borderRadius: "50%",
          objectFit: "cover",
          opacity: picture === "video" ? 1 : 0.2,
        }}
      />
      <span>
        {displayName}
        <br />
        {muted ? "muted" : "unmuted"}
      </span>
    </figure>
  );
}
export const CustomMarkup: Story = {
  args: { tile: (participant) => <Badge participant={participant} /> },
};
/** Restyled with custom properties and data attributes only. */
export const Restyled: Story = {
  ...withScript(({ speak }) => speak("mina"), { camera: false }),
  decorators: [
    (Story) => (
      <div className="restyled">
        <style>{`
          .restyled {
            --twocan-radius: 0;
            --twocan-tile: #fdf3d8;
            --twocan-plate: #5b2a86;
            --twocan-speaking: #d6336c;
            --twocan-tile-ratio: 1;
          }
          .restyled [data-twocan="video-tile"][data-speaking="true"]::after { border-width: 10px; }
          .restyled [data-twocan="name-plate"] { inset: auto 0 0; max-inline-size: none; border-radius: 0; }
          .restyled [data-twocan="avatar-face"] { border-radius: 1rem; }
        `}</style>
        <Story />
      </div>
    ),
  ],
};
