import type { Meta, StoryObj } from "@storybook/react-vite";
import { useState, type ComponentType, type ReactNode } from "react";
import { expect, userEvent, waitFor } from "storybook/test";
import { CallError, ko, MessagesProvider, useVideoGrid, VideoGrid, type Call } from "twocan";
import type { SimulatedPerson, Simulation, SimulationOptions } from "twocan/testing";
import { useToolbar } from "./support/toolbar.tsx";
import { useSimulation } from "./support/simulation.ts";

interface StoryProps extends Omit<SimulationOptions, "participants"> {
  /** The number of people, with the local participant, or the remote participants. */
  people: number | readonly SimulatedPerson[];
  /** Runs before the first render. */
  script?: (simulation: Simulation) => void;
  pageSize?: number;
  /** Wraps the grid. */
  around?: (simulation: Simulation, grid: ReactNode) => ReactNode;
  /** Replaces the grid. */
  grid?: (call: Call) => ReactNode;
}

function SimulatedGrid({ people, script, pageSize, around, grid, ...options }: StoryProps) {
  const { participants } = useToolbar();
  const others = participants ?? (typeof people === "number" ? people - 1 : people);
  const { call, simulation } = useSimulation({ participants: others, ...options }, script);
  const shown = grid ? grid(call) : <VideoGrid call={call} pageSize={pageSize} />;
  return around ? around(simulation, shown) : shown;
}

/** A page as high as the window, as in an application. */
function Page({ children }: { children: ReactNode }) {
  return (
    <div style={{ blockSize: "100dvh", padding: "0.75rem", boxSizing: "border-box" }}>
      {children}
    </div>
  );
}

const meta: Meta<StoryProps> = {
  title: "Components/VideoGrid",
  component: VideoGrid as ComponentType<unknown> as ComponentType<StoryProps>,
  args: { people: 2 },
  argTypes: {
    people: { control: { type: "number", min: 1, max: 30 } },
    pageSize: { control: { type: "number", min: 1, max: 30 } },
    ...Object.fromEntries(
      ["call", "script", "around", "grid"].map((name) => [name, { table: { disable: true } }]),
    ),
  },
  parameters: { layout: "fullscreen", docs: { story: { inline: false, height: "28rem" } } },
  // Another number of people needs another simulation.
  render: (args) => <SimulatedGrid key={JSON.stringify(args.people)} {...args} />,
  decorators: [
    (Story) => (
      <Page>
        <Story />
      </Page>
    ),
  ],
};
export default meta;

type Story = StoryObj<StoryProps>;

const PHONE = 9 / 16;
const WEBCAM = 4 / 3;

export const Alone: Story = { args: { people: 1, status: "waiting" } };
export const Two: Story = {};
export const Three: Story = { args: { people: 3 } };
export const Four: Story = { args: { people: 4 } };
export const Five: Story = { args: { people: 5 } };
export const Six: Story = { args: { people: 6 } };
export const Eight: Story = { args: { people: 8 } };
export const Nine: Story = { args: { people: 9 } };
export const Sixteen: Story = { args: { people: 16 } };
/** More than `pageSize` people, spread evenly over the pages. */
export const TwentyFive: Story = { args: { people: 25 } };

/** Each tile has the aspect ratio of its video, so nothing is cropped. */
export const AllAspectRatios: Story = {
  args: {
    people: [
      {},
      { aspectRatio: PHONE },
      { aspectRatio: WEBCAM },
      { aspectRatio: PHONE },
      { aspectRatio: 1 },
      {},
    ],
  },
};
export const TwoPhones: Story = {
  args: { people: [{ aspectRatio: PHONE }], self: { aspectRatio: PHONE } },
};
/** Tiles in different states. */
export const MixedStates: Story = {
  args: {
    people: [
      { id: "speaks" },
      { microphone: false },
      { camera: false, microphone: false },
      { id: "lost" },
      { status: "connecting", camera: false },
      { status: "failed", camera: false },
    ],
    self: { camera: false },
    script({ speak, reconnect }) {
      speak("speaks");
      reconnect("lost");
    },
  },
};

export const SharedScreen: Story = { args: { people: [{ screen: true }, {}, {}] } };
export const SharedScreenOfEight: Story = {
  args: { people: [{}, {}, {}, { screen: true }, {}, {}, {}] },
};
export const TwoScreens: Story = { args: { people: [{ screen: true }, { screen: true }, {}] } };

const tilesOf = (canvas: HTMLElement) => [...canvas.querySelectorAll<HTMLElement>("figure")];

/** The page changes with mouse and keyboard. Participants of other pages have no video element. */
export const Pages: Story = {
  args: { people: 9, pageSize: 4 },
  play: async ({ canvas, canvasElement }) => {
    const region = canvas.getByRole("region", { name: "Participants" });
    await expect(region).toHaveAttribute("data-pages", "3");
    await expect(tilesOf(canvasElement)).toHaveLength(3);
    const next = canvas.getByRole("button", { name: "Next page" });
    next.focus();
    await userEvent.keyboard("{Enter}");
    await expect(canvas.getByText("Page 2 of 3")).toBeVisible();
    await expect(region).toHaveAttribute("data-page", "2");
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(canvas.getByRole("figure", { name: /\(you\)/ })).toBeVisible());
    await expect(canvasElement.querySelectorAll("video")).toHaveLength(3);
    // There is no fourth page, and the button keeps the focus.
    await userEvent.keyboard("{Enter}");
    await expect(region).toHaveAttribute("data-page", "3");
    await expect(next).toHaveFocus();
    await userEvent.click(canvas.getByRole("button", { name: "Previous page" }));
    await expect(canvas.getByText("Page 2 of 3")).toBeVisible();
  },
};

/** Participants join and leave, and one shares a screen. The others keep their video elements. */
export const JoinAndLeave: Story = {
  args: {
    people: [
      { id: "mina", name: "Mina" },
      { id: "tom", name: "Tom" },
    ],
    around: (simulation, grid) => (
      <JoinAndLeaveDemo simulation={simulation}>{grid}</JoinAndLeaveDemo>
    ),
  },
  play: async ({ canvas, canvasElement }) => {
    const videos = () => tilesOf(canvasElement).map((tile) => tile.querySelector("video"));
    const [mina, tom, own] = videos();
    await userEvent.click(canvas.getByRole("button", { name: "One joins" }));
    await waitFor(() => expect(videos()).toHaveLength(4));
    await expect(videos()[0]).toBe(mina);
    await expect(videos()[1]).toBe(tom);
    await expect(videos()[3]).toBe(own);
    await userEvent.click(canvas.getByRole("button", { name: "Mina shares" }));
    await waitFor(() => expect(canvas.getByRole("figure", { name: "Mina: screen" })).toBeVisible());
    await expect(videos()[1]).toBe(mina);
    await expect(videos()[2]).toBe(tom);
    await expect(videos()[4]).toBe(own);
    await userEvent.click(canvas.getByRole("button", { name: "Mina leaves" }));
    await waitFor(() => expect(videos()).toHaveLength(3));
    await expect(videos()[0]).toBe(tom);
    await expect(videos()[2]).toBe(own);
  },
};

function JoinAndLeaveDemo({
  simulation,
  children,
}: {
  simulation: Simulation;
  children: ReactNode;
}) {
  const [isPresent, setIsPresent] = useState(true);
  return (
    <div style={{ display: "flex", flexDirection: "column", gap: 12, blockSize: "100%" }}>
      <div style={{ display: "flex", gap: 8 }}>
        <button onClick={() => simulation.join()}>One joins</button>
        <button disabled={!isPresent} onClick={() => simulation.share("mina")}>
          Mina shares
        </button>
        <button
          disabled={!isPresent}
          onClick={() => {
            simulation.leave("mina");
            setIsPresent(false);
          }}
        >
          Mina leaves
        </button>
      </div>
      {children}
    </div>
  );
}

export const Left: Story = { args: { people: 1, status: "left" } };
export const Failed: Story = {
  args: {
    people: 1,
    script: ({ fail }) =>
      fail(undefined, new CallError("signaling-unavailable", "Signaling is unreachable.")),
  },
};
/** In a container without a height it takes 70 % of the window. */
export const WithoutHeight: Story = {
  args: { people: 3, around: (_simulation, grid) => <div>{grid}</div> },
};
export const WideAndLow: Story = {
  args: { people: 5, around: (_, grid) => <div style={{ blockSize: "12rem" }}>{grid}</div> },
};
export const NarrowAndTall: Story = {
  args: {
    people: 5,
    around: (_, grid) => <div style={{ blockSize: "100%", inlineSize: "15rem" }}>{grid}</div>,
  },
};
export const RightToLeft: Story = {
  args: {
    people: [{ name: "أميرة حداد" }, { name: "נועה" }, {}, { screen: true }, {}],
    pageSize: 3,
    around: (_, grid) => (
      <div dir="rtl" style={{ blockSize: "100%" }}>
        {grid}
      </div>
    ),
  },
};
export const Korean: Story = {
  args: {
    people: 5,
    pageSize: 3,
    around: (_, grid) => <MessagesProvider messages={ko}>{grid}</MessagesProvider>,
  },
};
export const Dark: Story = { ...MixedStates, globals: { theme: "dark" } };

/** Custom markup with `useVideoGrid`: a box with a size and positioned items. */
function NameGrid({ call }: { call: Call }) {
  const { gridProps, tiles } = useVideoGrid(call);
  return (
    <ul
      {...gridProps}
      style={{
        ...gridProps.style,
        blockSize: "100%",
        gap: 4,
        margin: 0,
        padding: 0,
        display: "grid",
      }}
    >
      {tiles.map(({ key, participant, style }) => (
        <li
          key={key}
          style={{
            ...style,
            display: "grid",
            placeItems: "center",
            border: "1px solid",
            font: "1rem system-ui",
          }}
        >
          {participant.name}
        </li>
      ))}
    </ul>
  );
}
export const CustomMarkup: Story = {
  args: { people: 5, grid: (call) => <NameGrid call={call} /> },
};
