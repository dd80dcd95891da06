import type { Meta, StoryObj } from "@storybook/react-vite";
import { useState, type ReactNode } from "react";
import { expect, userEvent, waitFor, within } from "storybook/test";
import {
  CallAnnouncer,
  CallError,
  ConnectionBadge,
  ConnectionBanner,
  ko,
  MessagesProvider,
  useAnnouncements,
  VideoGrid,
  type ConnectionStats,
} from "twocan";
import type { Simulation, SimulationOptions } from "twocan/testing";
import { useSimulation } from "./support/simulation.ts";

interface Scene {
  options?: SimulationOptions;
  /** What happens before anything is seen. */
  script?: (simulation: Simulation) => void;
}

/** The banner over a call in which something is wrong. */
function Banner({ options, script }: Scene) {
  const { call, media } = useSimulation(options, script);
  return <ConnectionBanner call={call} media={media} />;
}

/**
 * What an application shows of how well a call is connected, besides the tiles: `ConnectionBanner`
 * says what is wrong now and what to do, `ConnectionBadge` how well one person is connected, and
 * `CallAnnouncer` tells those who hear the page who comes, goes and is muted.
 *
 * | component | attribute | says |
 * |---|---|---|
 * | `connection-banner` | `data-kind` | `failed`, `offline`, `reconnecting`, `signaling`, `device`; none while all is well |
 * | | `data-severity` | `error` (nothing gets better by itself: read aloud at once), `warning` |
 * | `connection-badge` | `data-quality` | `good`, `fair`, `poor`; `connected` until measured; `connecting`, `reconnecting`, `failed` |
 * | | `data-route` | `direct`, `stun`, `relay` |
 *
 * Colours: `--twocan-warning`, `--twocan-danger`, `--twocan-danger-surface`, `--twocan-surface`,
 * `--twocan-border`. The hooks behind them: `useConnectionNotice`, `useConnectionBadge`,
 * `useAnnouncements`.
 */
const meta = {
  title: "Components/Connection",
  component: Banner,
  subcomponents: { ConnectionBanner, ConnectionBadge, CallAnnouncer },
  argTypes: { options: { control: false }, script: { control: false } },
} satisfies Meta<typeof Banner>;
export default meta;

type Story = StoryObj<typeof meta>;

const of = (script: Scene["script"], options: SimulationOptions = { participants: 3 }): Story => ({
  args: { options, ...(script && { script }) },
});

/** Played as a test alone: at its end there is nothing to look at. */
const endsEmpty = ["!dev", "!autodocs"];

/** One person cannot be reached for a moment; the others can. */
export const ReconnectingToOne: Story = of((simulation) => simulation.reconnect("person-1"));
/** The way to everybody is lost: it is broken on this side. */
export const Reconnecting: Story = of((simulation) => simulation.reconnect());
/** Nothing more is tried by itself. */
export const Failed: Story = of((simulation) =>
  simulation.fail(undefined, new CallError("ice-failed", "No way to anybody was found.")),
);
export const FailedAndTriedAgain: Story = {
  ...Failed,
  tags: endsEmpty,
  play: async ({ canvas }) => {
    await expect(await canvas.findByRole("alert")).toHaveTextContent("Try another network");
    await userEvent.click(canvas.getByRole("button", { name: "Try again" }));
    await waitFor(() =>
      expect(canvas.queryByRole("button", { name: "Try again" })).not.toBeInTheDocument(),
    );
  },
};
/** Nobody hears you: that is said at once. */
export const MicrophoneBlocked: Story = of(undefined, { permission: "denied" });
/** Somebody without a camera can put it away. */
export const CameraMissing: Story = of((simulation) => {
  const { devices } = simulation.media.getSnapshot().camera;
  for (const { label } of devices) simulation.unplug("videoinput", label);
});
export const CameraMissingPutAway: Story = {
  ...CameraMissing,
  tags: endsEmpty,
  play: async ({ canvas }) => {
    await waitFor(() => expect(canvas.getByText(/^No camera was found/)).toBeVisible(), {
      timeout: 15_000,
    });
    await userEvent.click(canvas.getByRole("button", { name: "Dismiss" }));
    await expect(canvas.queryByText(/^No camera was found/)).not.toBeInTheDocument();
  },
};

function Badges() {
  const { call } = useSimulation({ participants: 6 }, (simulation) => {
    const routes: ConnectionStats["route"][] = ["direct", "stun", "relay"];
    (["good", "fair", "poor"] as const).forEach((quality, index) =>
      simulation.measure(`person-${index + 1}`, { quality, route: routes[index] }),
    );
    simulation.change("person-4", { status: "connecting" });
    simulation.reconnect("person-5");
    simulation.fail("person-6");
  });
  return (
    <ul style={{ display: "grid", gap: "0.25rem", padding: 0, listStyle: "none" }}>
      {call.participants.map((participant) => (
        <li key={participant.id} style={{ display: "flex", gap: "0.5rem", alignItems: "center" }}>
          <span style={{ inlineSize: "8rem" }}>{participant.name}</span>
          <ConnectionBadge participant={participant} />
        </li>
      ))}
    </ul>
  );
}
/** Of everybody in a call; the quality comes after the first two seconds. A press shows the figures. */
export const BadgeStates: Story = {
  render: () => <Badges />,
  play: async ({ canvas, canvasElement }) => {
    const [badge] = canvasElement.querySelectorAll("[data-twocan='connection-badge']");
    await waitFor(() => expect(badge).toHaveAttribute("data-quality", "good"), { timeout: 15_000 });
    await expect(badge).toHaveAttribute("data-route", "direct");
    await userEvent.click(canvas.getByRole("button", { name: "Connection, Good" }));
    const details = badge!.querySelector("dl")!;
    await expect(details).toBeVisible();
    await expect(within(details).getByText("40 ms")).toBeVisible();
    await userEvent.click(canvas.getByRole("button", { name: "Connection, Good" }));
    await waitFor(() => expect(details).not.toBeVisible());
  },
};

function Announced() {
  const { simulation, call } = useSimulation({ participants: 1 });
  const text = useAnnouncements(call);
  const [muted, setMuted] = useState(false);
  const mute = () => {
    simulation.mute("person-1", !muted);
    setMuted(!muted);
  };
  return (
    <>
      <p style={{ display: "flex", flexWrap: "wrap", gap: "0.5rem" }}>
        <button type="button" onClick={() => simulation.join()}>
          Somebody joins
        </button>
        <button
          type="button"
          onClick={() => {
            for (let count = 0; count < 5; count += 1) simulation.join();
          }}
        >
          Five join
        </button>
        <button type="button" onClick={mute}>
          The first one mutes
        </button>
      </p>
      <output>Announced: {text}</output>
    </>
  );
}
/** What a screen reader says, made visible: what happens at once is one sentence. */
export const Announcements: Story = {
  render: () => <Announced />,
  play: async ({ canvas }) => {
    await userEvent.click(canvas.getByRole("button", { name: "Five join" }));
    await expect(
      await canvas.findByText(/and 3 others joined/, undefined, { timeout: 15_000 }),
    ).toBeVisible();
    await userEvent.click(canvas.getByRole("button", { name: "The first one mutes" }));
    await expect(await canvas.findByText(/ muted/, undefined, { timeout: 15_000 })).toBeVisible();
  },
};

function Together({ script }: Scene) {
  const { call, media } = useSimulation({ participants: 3 }, script);
  return (
    <div style={{ display: "grid", gap: "0.75rem" }}>
      <ConnectionBanner call={call} media={media} />
      <VideoGrid call={call} />
    </div>
  );
}
/** In its place: one line above the call. */
export const AboveTheCall: Story = {
  ...of((simulation) => simulation.reconnect("person-2")),
  render: (args) => <Together {...args} />,
};

function InKorean({ children }: { children: ReactNode }) {
  return (
    <div lang="ko">
      <MessagesProvider messages={ko}>{children}</MessagesProvider>
    </div>
  );
}
export const Korean: Story = {
  ...ReconnectingToOne,
  decorators: [
    (Story) => (
      <InKorean>
        <Story />
      </InKorean>
    ),
  ],
};
export const RightToLeft: Story = {
  ...MicrophoneBlocked,
  decorators: [
    (Story) => (
      <div dir="rtl">
        <Story />
      </div>
    ),
  ],
};
export const DarkBadges: Story = { render: () => <Badges />, globals: { theme: "dark" } };
export const Dark: Story = { ...MicrophoneBlocked, globals: { theme: "dark" } };
