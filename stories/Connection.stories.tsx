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

interface StoryProps {
  options?: SimulationOptions;
  /** Runs before the first render. */
  script?: (simulation: Simulation) => void;
}

/** Shows the banner of a call with a problem. */
function Banner({ options, script }: StoryProps) {
  const { call, media } = useSimulation(options, script);
  return <ConnectionBanner call={call} media={media} />;
}

/**
 * Report the quality of a call: `ConnectionBanner` shows the current problem and its remedy,
 * `ConnectionBadge` the quality of the connection to one participant, and `CallAnnouncer` announces to
 * screen readers who joins, leaves and mutes.
 *
 * | component | attribute | values |
 * |---|---|---|
 * | `connection-banner` | `data-kind` | `failed`, `offline`, `reconnecting`, `signaling`, `device`; absent while there is no problem |
 * | | `data-severity` | `error` (is not repaired automatically, and is announced at once), `warning` |
 * | `connection-badge` | `data-quality` | `good`, `fair`, `poor`; `connected` until measured; `connecting`, `reconnecting`, `failed` |
 * | | `data-route` | `direct`, `stun`, `relay` |
 *
 * Colours: `--twocan-warning`, `--twocan-danger`, `--twocan-danger-surface`, `--twocan-surface`,
 * `--twocan-border`. Hooks: `useConnectionNotice`, `useConnectionBadge`, `useAnnouncements`.
 */
const meta = {
  title: "Components/Connection",
  component: Banner,
  subcomponents: { ConnectionBanner, ConnectionBadge, CallAnnouncer },
  argTypes: { options: { control: false }, script: { control: false } },
} satisfies Meta<typeof Banner>;
export default meta;

type Story = StoryObj<typeof meta>;

const withScript = (
  script: StoryProps["script"],
  options: SimulationOptions = { participants: 3 },
): Story => ({
  args: { options, ...(script && { script }) },
});

/** Runs only as a test, because it ends with an empty banner. */
const testOnly = ["!dev", "!autodocs"];

/** The connection to one participant is down. */
export const ReconnectingToOne: Story = withScript((simulation) =>
  simulation.reconnect("person-1"),
);
/** All connections are down, so the cause is on this side. */
export const Reconnecting: Story = withScript((simulation) => simulation.reconnect());
/** The call has ended with an error, and does not try again. */
export const Failed: Story = withScript((simulation) =>
  simulation.fail(undefined, new CallError("ice-failed", "Could not connect to any participant.")),
);
export const FailedThenRetried: Story = {
  ...Failed,
  tags: testOnly,
  play: async ({ canvas }) => {
    await expect(await canvas.findByRole("alert")).toHaveTextContent("Try another network");
    await userEvent.click(canvas.getByRole("button", { name: "Try again" }));
    await waitFor(() =>
      expect(canvas.queryByRole("button", { name: "Try again" })).not.toBeInTheDocument(),
    );
  },
};
/** The local participant is not audible, which is announced at once. */
export const MicrophoneBlocked: Story = withScript(undefined, { permission: "denied" });
/** A user without a camera can dismiss the notice. */
export const CameraMissing: Story = withScript((simulation) => {
  const { devices } = simulation.media.getSnapshot().camera;
  for (const { label } of devices) simulation.unplug("videoinput", label);
});
export const CameraMissingDismissed: Story = {
  ...CameraMissing,
  tags: testOnly,
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
/** The badges of all participants. The quality is measured after two seconds. A click shows the figures. */
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

function AnnouncementsDemo() {
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
          One joins
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
      <output>AnnouncementsDemo: {text}</output>
    </>
  );
}
/** The text for screen readers, made visible. Simultaneous changes are announced in one sentence. */
export const Announcements: Story = {
  render: () => <AnnouncementsDemo />,
  play: async ({ canvas }) => {
    await userEvent.click(canvas.getByRole("button", { name: "Five join" }));
    await expect(
      await canvas.findByText(/and 3 others joined/, undefined, { timeout: 15_000 }),
    ).toBeVisible();
    await userEvent.click(canvas.getByRole("button", { name: "The first one mutes" }));
    await expect(await canvas.findByText(/ muted/, undefined, { timeout: 15_000 })).toBeVisible();
  },
};

function BannerAndGrid({ script }: StoryProps) {
  const { call, media } = useSimulation({ participants: 3 }, script);
  return (
    <div style={{ display: "grid", gap: "0.75rem" }}>
      <ConnectionBanner call={call} media={media} />
      <VideoGrid call={call} />
    </div>
  );
}
/** The banner is above the tiles. */
export const AboveTheCall: Story = {
  ...withScript((simulation) => simulation.reconnect("person-2")),
  render: (args) => <BannerAndGrid {...args} />,
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
