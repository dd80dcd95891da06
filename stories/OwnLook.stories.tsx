import type { Meta, StoryObj } from "@storybook/react-vite";
import { useEffect } from "react";
import {
  useMicrophoneButton,
  useVideoTile,
  type Call,
  type LocalMedia,
  type Participant,
} from "twocan";
import { expect, userEvent, within } from "storybook/test";
import { OwnCall } from "./support/own-call.tsx";
import { useSimulation } from "./support/simulation.ts";

/** Custom styles and custom markup: first with CSS only, then with the hooks. */
const meta = {
  title: "Examples/Custom styles and markup",
  parameters: { layout: "fullscreen" },
} satisfies Meta;
export default meta;

type Story = StoryObj<typeof meta>;

function RestyledDemo() {
  const { simulation, call, media } = useSimulation({ participants: 3 });
  const [first] = call.participants;
  const id = first?.id;
  useEffect(() => {
    if (id !== undefined) simulation.speak(id);
  }, [simulation, id]);
  return <OwnCall call={call} media={media} />;
}

/** Restyled tiles and a vertical control bar, with one stylesheet. */
export const Restyled: Story = { render: () => <RestyledDemo /> };

function Face({ participant }: { participant: Participant }) {
  const { tileProps, videoProps, picture, displayName, trouble, muted } = useVideoTile({
    participant,
  });
  // Without `data-twocan`, the stylesheet does not apply. The other attributes keep the state.
  return (
    <li {...tileProps} data-twocan={undefined} className="face">
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- live video has no captions */}
      <video {...videoProps} data-twocan={undefined} hidden={picture === "avatar"} />
      <b>{displayName}</b>
      {muted && <i>muted</i>}
      {trouble !== undefined && <i>{trouble}</i>}
    </li>
  );
}

function CustomMarkup({ call, media }: { call: Call; media: LocalMedia }) {
  const microphone = useMicrophoneButton(media);
  return (
    <main className="faces">
      <style>{`
        .faces { font: 1rem/1.5 Georgia, serif; padding: 1rem; }
        .faces ul { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
        .face { display: grid; justify-items: center; inline-size: 9rem; }
        .face video { inline-size: 8rem; block-size: 8rem; border-radius: 50%; object-fit: cover; outline: 4px solid transparent; }
        .face[data-speaking="true"] video { outline-color: #2456c7; }
      `}</style>
      <ul>
        {[...call.participants, call.self].map((participant) => (
          <Face key={participant.id} participant={participant} />
        ))}
      </ul>
      <button {...microphone.buttonProps} data-twocan={undefined} aria-label={undefined}>
        {microphone.pressed ? "Mute" : "Unmute"}
      </button>
      {microphone.trouble && <p {...microphone.hintProps} />}
    </main>
  );
}

function CustomMarkupDemo() {
  const { call, media } = useSimulation({
    participants: [{ name: "Mina" }, { name: "Jonas", microphone: false }],
    self: { name: "Sam" },
  });
  return <CustomMarkup call={call} media={media} />;
}

/** No component of twocan, only two hooks and a list. */
export const OwnElements: Story = {
  render: () => <CustomMarkupDemo />,
  play: async ({ canvasElement }) => {
    const canvas = within(canvasElement);
    await userEvent.click(await canvas.findByRole("button", { name: "Mute" }));
    await expect(await canvas.findByRole("button", { name: "Unmute" })).toBeVisible();
    await expect(canvas.getAllByText("muted")).toHaveLength(2);
  },
};
