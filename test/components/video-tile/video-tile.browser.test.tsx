import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { Profiler, StrictMode, useEffect, type ReactNode } from "react";
import { afterEach, describe, expect, it } from "vitest";
import "../../../src/components/styles/styles.css";
import {
  useStore,
  useVideoTile,
  VideoTile,
  type Participant,
  type VideoTileProps,
} from "../../../src/index.ts";
import { participant as someone } from "../../support/fixtures.ts";
import { simulateCall, type SimulatedPerson } from "../../../src/testing/index.ts";

afterEach(cleanup);

/** Renders the tile of a simulated participant. */
function showMina(
  person: SimulatedPerson = {},
  tile: (mina: Participant) => ReactNode = (mina) => <VideoTile participant={mina} />,
) {
  const simulation = simulateCall({
    participants: [{ id: "mina", name: "Mina", ...person }],
    sound: false,
  });
  const commits = { count: 0 };
  function Screen() {
    useEffect(() => simulation.call.retain(), []);
    const [mina] = useStore(simulation.call).participants;
    return mina ? tile(mina) : null;
  }
  render(
    <StrictMode>
      <Profiler id="tile" onRender={() => (commits.count += 1)}>
        <div style={{ inlineSize: 320 }}>
          <Screen />
        </div>
      </Profiler>
    </StrictMode>,
  );
  return { simulation, commits };
}

const tile = () => screen.getByRole("figure");
const video = () => tile().querySelector("video")!;
const withProps = (props: Partial<VideoTileProps>) => (mina: Participant) => (
  <VideoTile {...props} participant={mina} />
);

describe("VideoTile", () => {
  it("marks the start and the end of speech without a render", async () => {
    const { simulation, commits } = showMina();
    await waitFor(() => expect(tile().dataset["picture"]).toBe("video"));
    // The tile renders once for its quality.
    await waitFor(() => expect(tile().dataset["quality"]).toBe("good"));
    const before = commits.count;
    simulation.speak("mina");
    await waitFor(() => expect(tile().dataset["speaking"]).toBe("true"));
    simulation.speak("mina", false);
    await waitFor(() => expect(tile().dataset["speaking"]).toBe("false"));
    expect(commits.count).toBe(before);
  });

  it("does not mark a muted participant as speaking", async () => {
    const { simulation } = showMina();
    simulation.speak("mina");
    await waitFor(() => expect(tile().dataset["speaking"]).toBe("true"));
    act(() => simulation.mute("mina"));
    expect(tile().dataset["speaking"]).toBeUndefined();
    act(() => simulation.mute("mina", false));
    await waitFor(() => expect(tile().dataset["speaking"]).toBe("true"));
  });

  it("does not mark a screen as speaking", async () => {
    const { simulation } = showMina({ screen: true }, (mina) => (
      <>
        <VideoTile participant={mina} />
        <VideoTile participant={mina} source="screen" />
      </>
    ));
    simulation.speak("mina");
    const camera = screen.getByRole("figure", { name: "Mina" });
    await waitFor(() => expect(camera.dataset["speaking"]).toBe("true"));
    const shared = screen.getByRole("figure", { name: "Mina: screen" });
    expect(shared.dataset["speaking"]).toBeUndefined();
    expect(shared.dataset["fit"]).toBe("contain");
  });

  it("shows a poor connection, and not a good one", async () => {
    const { simulation } = showMina();
    await waitFor(() => expect(tile().dataset["quality"]).toBe("good"));
    expect(tile().querySelector("svg")).toBeNull();
    simulation.measure("mina", { quality: "poor" });
    await screen.findByRole("figure", { name: "Mina, poor connection" });
    expect(tile().dataset["quality"]).toBe("poor");
    expect(tile().querySelector("svg")).not.toBeNull();
    act(() => simulation.reconnect("mina"));
    // The label has only the most severe problem.
    expect(tile().getAttribute("aria-label")).toBe("Mina, Reconnecting…");
  });

  it("does not crop upright video in a lying tile, unless fit is cover", async () => {
    showMina({ aspectRatio: 9 / 16 });
    await waitFor(() => expect(tile().dataset["shape"]).toBe("upright"));
    expect(getComputedStyle(video()).objectFit).toBe("contain");
    tile().style.inlineSize = "90px";
    tile().style.blockSize = "160px";
    await waitFor(() => expect(getComputedStyle(video()).objectFit).toBe("cover"));
    cleanup();

    showMina({ aspectRatio: 9 / 16 }, withProps({ fit: "cover" }));
    await waitFor(() => expect(video().videoHeight).toBeGreaterThan(0));
    expect(tile().dataset["shape"]).toBeUndefined();
    expect(getComputedStyle(video()).objectFit).toBe("cover");
  });

  it("mirrors the local camera, unless it is a rear camera", () => {
    const mine = (changes: Partial<Participant>) =>
      someone({ isSelf: true, screen: new MediaStream(), ...changes });
    const mirrored = (node: ReactNode) => {
      const { unmount } = render(node);
      const shown = tile().dataset["mirrored"];
      unmount();
      return shown;
    };
    const front = mine({ facingMode: "user" });
    const rear = mine({ facingMode: "environment" });
    expect(mirrored(<VideoTile participant={mine({})} />)).toBe("true");
    expect(mirrored(<VideoTile participant={front} />)).toBe("true");
    expect(mirrored(<VideoTile participant={rear} />)).toBe("false");
    expect(mirrored(<VideoTile participant={someone()} />)).toBe("false");
    expect(mirrored(<VideoTile participant={front} mirrored={false} />)).toBe("false");
    expect(mirrored(<VideoTile participant={rear} mirrored />)).toBe("true");
    expect(mirrored(<VideoTile participant={front} source="screen" mirrored />)).toBe("false");
  });

  it("useVideoTile works with custom markup", async () => {
    function CustomTile({ participant }: { participant: Participant }) {
      const { tileProps, videoProps, displayName, picture, muted } = useVideoTile({ participant });
      return (
        <figure {...tileProps}>
          {displayName}, {picture}, {muted ? "muted" : "not muted"}
          <video {...videoProps} muted />
        </figure>
      );
    }
    const { simulation } = showMina({}, (mina) => <CustomTile participant={mina} />);
    await screen.findByText("Mina, video, not muted");
    expect(video().paused).toBe(false);
    expect(video().muted).toBe(true);
    simulation.speak("mina");
    await waitFor(() => expect(tile().dataset["speaking"]).toBe("true"));
    act(() => simulation.change("mina", { camera: false, microphone: false }));
    await screen.findByText("Mina, avatar, muted");
    expect(tile().dataset).toMatchObject({
      camera: "off",
      microphone: "off",
      twocan: "video-tile",
    });
  });
});
