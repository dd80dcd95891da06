// @vitest-environment jsdom
/**
 * Every component on a simulated call in jsdom, which has no layout, media elements, popovers,
 * observers, Web Audio or WebRTC. Nothing is polyfilled here: the components do without.
 */
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { StrictMode, useEffect, type ReactNode } from "react";
import {
  AudioOutputSelect,
  CallRoom,
  ConnectionBadge,
  DeviceSelect,
  HandshakeTimeline,
  LevelMeter,
  OneToOneLayout,
  PreJoin,
  SpeakerLayout,
  useAudioOutputSelect,
  useStore,
  VideoGrid,
  VideoTile,
  type Call,
  type LocalMedia,
} from "twocan";
import { eventually, simulateCall, type Simulation, type SimulationOptions } from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/** React warns of updates outside `act()`, as it does under Jest. */
const environment = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean };
const complaints: unknown[] = [];
const complain = (...said: unknown[]) => void complaints.push(...said);

beforeEach(() => {
  complaints.length = 0;
  // jsdom reports what it does not implement on the console.
  for (const level of ["error", "warn"] as const)
    vi.spyOn(console, level).mockImplementation(complain);
  process.on("unhandledRejection", complain);
  window.addEventListener("error", complain);
});

afterEach(async () => {
  cleanup();
  // The simulation stops one task after its last user has gone.
  await new Promise((resolve) => setTimeout(resolve));
  process.off("unhandledRejection", complain);
  window.removeEventListener("error", complain);
  vi.restoreAllMocks();
  delete environment.IS_REACT_ACT_ENVIRONMENT;
  expect(complaints).toEqual([]);
});

type Show = (call: Call, media: LocalMedia) => ReactNode;

function Screen({ simulation: { call, media }, show }: { simulation: Simulation; show: Show }) {
  useEffect(() => {
    const releases = [call.retain(), media.retain()];
    return () => {
      for (const release of releases) release();
    };
  }, [call, media]);
  return show(useStore(call), useStore(media));
}

/** Renders on a simulated call, whose verbs it returns. */
function open(options: SimulationOptions, show: Show): Simulation {
  const simulation = simulateCall(options);
  render(
    <StrictMode>
      <Screen simulation={simulation} show={show} />
    </StrictMode>,
  );
  return simulation;
}

const room: Show = (call, media) => <CallRoom call={call} media={media} preJoin />;
const tiles = () => screen.getAllByRole("figure").map((tile) => tile.getAttribute("aria-label"));
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

describe("CallRoom on simulateCall() in jsdom", () => {
  beforeEach(() => {
    environment.IS_REACT_ACT_ENVIRONMENT = true;
  });

  it("goes from the pre-join screen into the call, out of it and back", async () => {
    open({ participants: [{ name: "Mina" }], status: "idle" }, room);
    fireEvent.change(screen.getByRole("textbox"), { target: { value: "Sam" } });
    press("Join");
    await eventually(() => expect(tiles()).toEqual(["Mina", "Sam (you)"]));
    press("Leave the call");
    await eventually(() => screen.getByText("You have left the call."));
    press("Join again");
    await eventually(() => expect(tiles()).toEqual(["Mina", "Sam (you)"]));
  });

  it("shows what happens in the call", () => {
    const simulation = open({ participants: [{ id: "mina", name: "Mina" }] }, room);
    const happens = (what: () => unknown) => act(() => void what());
    happens(() => simulation.mute("mina"));
    expect(tiles()).toContain("Mina, microphone off");
    happens(() => simulation.speak("mina"));
    happens(() => simulation.share("mina"));
    expect(tiles()).toContain("Mina: screen");
    happens(() => simulation.share("mina", false));
    happens(() => simulation.join({ name: "Jun" }));
    expect(tiles()).toContain("Jun");
    happens(() => simulation.reconnect("mina"));
    expect(tiles()).toContain("Mina, Reconnecting…");
    happens(() => simulation.recover("mina"));
    happens(() => simulation.measure("mina", { quality: "poor" }));
    happens(() => simulation.plug("videoinput", "Second camera"));
    happens(() => simulation.permission("denied"));
    screen.getByRole("button", { name: "Camera", description: /allow/i });
    happens(() => simulation.network("offline"));
    happens(() => simulation.leave("mina"));
    happens(() => simulation.fail());
    screen.getByRole("alert");
  });

  it("takes presses and keys", async () => {
    const simulation = open({ participants: 3 }, room);
    press("Microphone");
    await eventually(() => expect(simulation.media.getSnapshot().microphone.enabled).toBe(false));
    fireEvent.keyDown(document.body, { key: "v", code: "KeyV" });
    await eventually(() => expect(simulation.media.getSnapshot().camera.enabled).toBe(false));
    press("Speaker view");
    await eventually(() => screen.getByRole("button", { name: "Speaker view", pressed: true }));
    expect(tiles()).toHaveLength(4);
  });

  it("opens the menu of a device, and changes the device", async () => {
    const simulation = open({ participants: 1 }, room);
    act(() => simulation.plug("videoinput", "Second camera"));
    press("Camera settings");
    const select = await eventually(() => screen.getByRole("combobox", { name: "Camera" }));
    const { value } = screen.getByRole<HTMLOptionElement>("option", { name: "Second camera" });
    fireEvent.change(select, { target: { value } });
    await eventually(() => expect(simulation.media.getSnapshot().camera.deviceId).toBe(value));
    press("Camera settings");
    await eventually(() => expect(screen.queryByRole("combobox")).toBeNull());
  });

  it("renders snapshots that nothing retains", () => {
    const { call, media } = simulateCall({ participants: 8 });
    render(<CallRoom call={call.getSnapshot()} media={media.getSnapshot()} layout="grid" />);
    expect(tiles()).toHaveLength(9);
  });
});

function Speakers({ media }: { media: LocalMedia }) {
  return <AudioOutputSelect audioOutput={useAudioOutputSelect(media)} />;
}

describe("each component on simulateCall() in jsdom", () => {
  it.each<[string, Show]>([
    ["VideoGrid", (call) => <VideoGrid call={call} />],
    ["SpeakerLayout", (call) => <SpeakerLayout call={call} />],
    ["OneToOneLayout", (call) => <OneToOneLayout call={call} />],
    ["VideoTile", ({ self }) => <VideoTile participant={self} />],
    ["PreJoin", (_call, media) => <PreJoin media={media} onJoin={() => undefined} />],
    ["LevelMeter", ({ self }) => <LevelMeter subject={self} />],
    ["DeviceSelect", (_call, media) => <DeviceSelect media={media} kind="videoinput" />],
    ["HandshakeTimeline", (call) => <HandshakeTimeline subject={call} />],
    [
      "ConnectionBadge",
      ({ participants: [mina] }) => mina && <ConnectionBadge participant={mina} />,
    ],
  ])("%s renders, and takes focus, presses and drags", (_name, show) => {
    open({ participants: [{ name: "Mina", screen: true }] }, show);
    for (const element of document.querySelectorAll<HTMLElement>("body *")) {
      fireEvent.focus(element);
      fireEvent.pointerDown(element, { pointerId: 1, button: 0 });
      fireEvent.pointerMove(element, { pointerId: 1, clientX: 40, clientY: 40 });
      fireEvent.pointerUp(element, { pointerId: 1 });
      fireEvent.click(element);
      fireEvent(element, new Event("resize"));
      fireEvent.blur(element);
    }
    expect(document.querySelector("[data-twocan]")).not.toBeNull();
  });

  it("AudioOutputSelect renders nothing, as in a browser that cannot choose a speaker", () => {
    open({}, (_call, media) => <Speakers media={media} />);
    expect(document.querySelector("select")).toBeNull();
  });
});
