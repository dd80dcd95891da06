import type { Meta, StoryObj } from "@storybook/react-vite";
import { Hand } from "lucide-react";
import type { ComponentProps, ComponentType, ReactNode } from "react";
import { expect, waitFor } from "storybook/test";
import { ko, MessagesProvider, useVideoTile, VideoTile, type Participant } from "twocan";
import type { SimulatedPerson, Simulation } from "twocan/testing";
import { useSimulation } from "./support/simulation.ts";

interface Scene extends Partial<ComponentProps<typeof VideoTile>> {
  /** Who is in the tile. */
  person?: SimulatedPerson;
  /** What has happened to `mina`. */
  script?: (simulation: Simulation) => void;
  /** Show oneself instead. */
  self?: boolean;
  /** Another tile than ours. */
  tile?: (participant: Participant) => ReactNode;
}

function Drawn({ person, script, self = false, tile, ...props }: Scene) {
  const mina = { name: "Mina Park", ...person };
  const { call } = useSimulation({ participants: [{ id: "mina", ...mina }], self: mina }, script);
  const participant = self ? call.self : call.participants[0];
  // A story that is put away leaves its call, and nobody is in it any more.
  if (!participant) return null;
  return tile ? tile(participant) : <VideoTile {...props} participant={participant} />;
}

const meta: Meta<Scene> = {
  title: "Components/VideoTile",
  component: VideoTile as ComponentType<object>,
  argTypes: Object.fromEntries(
    ["participant", "person", "script", "self", "tile"].map((name) => [
      name,
      { table: { disable: true } },
    ]),
  ),
  render: (args) => <Drawn {...args} />,
  decorators: [
    (Story) => (
      <div style={{ maxInlineSize: "32rem" }}>
        <Story />
      </div>
    ),
  ],
};
export default meta;

type Story = StoryObj<Scene>;

const of = (person: SimulatedPerson): Story => ({ args: { person } });
const after = (script: (simulation: Simulation) => void, person: SimulatedPerson = {}): Story => ({
  args: { person, script },
});

export const CameraOn: Story = {};
export const CameraOff: Story = of({ camera: false });
export const MicrophoneOff: Story = of({ microphone: false });
export const BothOff: Story = of({ name: "Jonas", microphone: false, camera: false });
/** A ring, and nothing renders: `data-speaking` is set on the element itself. */
export const Speaking: Story = {
  ...after((simulation) => simulation.speak("mina")),
  play: async ({ canvas }) => {
    const tile = canvas.getByRole("figure", { name: "Mina Park" });
    await waitFor(() => expect(tile.dataset["speaking"]).toBe("true"));
  },
};
export const SpeakingWithoutCamera: Story = after((simulation) => simulation.speak("mina"), {
  camera: false,
});
/** One's own camera is a mirror, as everybody knows oneself. */
export const Yourself: Story = { args: { self: true } };
/** A rear camera is not mirrored, nor is any other with `mirrored={false}`. */
export const YourselfUnmirrored: Story = { args: { self: true, mirrored: false } };
/** A phone call has taken the microphone and the camera: the others neither hear nor see you until it ends. */
export const YourselfInterrupted: Story = {
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
/** The whole of it, on a dark ground, and never mirrored. */
export const SharedScreen: Story = { args: { person: { screen: true }, source: "screen" } };
export const Connecting: Story = of({ status: "connecting", camera: false });
/** The picture stands still: it is dimmed, so that nobody talks to it. */
export const Reconnecting: Story = after(({ reconnect }) => reconnect("mina"));
export const Failed: Story = of({ status: "failed", camera: false, name: "Amira Haddad" });
/** Two bars of five, and the label says it too. The measurement takes four seconds. */
export const PoorConnection: Story = {
  ...after(({ measure }) => measure("mina", { quality: "poor" })),
  play: async ({ canvas }) => {
    const find = () => canvas.findByRole("figure", { name: "Mina Park, poor connection" });
    await expect(await waitFor(find, { timeout: 15_000 })).toHaveAttribute("data-quality", "poor");
  },
};
export const UnstableConnection: Story = after(
  ({ measure }) => measure("mina", { quality: "fair" }),
  {
    microphone: false,
  },
);
/** A phone held upright is shown whole, where the tile is left to choose. */
export const UprightPicture: Story = of({ aspectRatio: 9 / 16 });
/** In a tile of its shape it fills that; `VideoGrid` gives every picture such a tile. */
export const UprightPictureInAnUprightTile: Story = {
  args: { person: { aspectRatio: 9 / 16 }, style: { aspectRatio: "9 / 16", inlineSize: "15rem" } },
};
export const UprightPictureCut: Story = {
  args: { person: { aspectRatio: 9 / 16 }, fit: "cover" },
};
export const LongName: Story = of({
  name: "Wolfeschlegelsteinhausenbergerdorff the Elder, of Lower Saxony and the Islands",
  microphone: false,
});
export const NoName: Story = of({ name: undefined, camera: false });
/** A name is text, whatever is in it. */
export const MarkupAsAName: Story = of({ name: "<img src=x onerror=alert(1)>", camera: false });
/** As small as a tile of the grid gets. */
export const Small: Story = {
  ...after(({ reconnect }) => reconnect("mina"), { microphone: false }),
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
/** Children are laid over the picture. */
export const WithSomethingOver: Story = {
  args: {
    children: (
      <span style={raisedHand}>
        <Hand aria-label="raises a hand" />
      </span>
    ),
  },
};
export const RightToLeft: Story = {
  ...of({ name: "أميرة حداد", microphone: false, camera: false }),
  decorators: [
    (Story) => (
      <div dir="rtl">
        <Story />
      </div>
    ),
  ],
};
export const Korean: Story = {
  ...of({ name: "김민아", microphone: false, camera: false, status: "reconnecting" }),
  decorators: [
    (Story) => (
      <MessagesProvider messages={ko}>
        <Story />
      </MessagesProvider>
    ),
  ],
};
export const Dark: Story = {
  ...after(({ speak }) => speak("mina"), { name: "Jonas", camera: false }),
  globals: { theme: "dark" },
};

/** Nothing of ours but `useVideoTile`. */
function Badge({ participant }: { participant: Participant }) {
  const { tileProps, videoProps, picture, displayName, muted } = useVideoTile({ participant });
  return (
    <figure
      {...tileProps}
      // Without it our stylesheet has nothing to hold on to.
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
        {muted ? "listens" : "may speak"}
      </span>
    </figure>
  );
}
export const OwnMarkup: Story = {
  args: { tile: (participant) => <Badge participant={participant} /> },
};
/** By custom properties and selectors on the published state, and by nothing else. */
export const Restyled: Story = {
  ...after(({ speak }) => speak("mina"), { camera: false }),
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
