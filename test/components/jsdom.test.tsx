// @vitest-environment jsdom
/**
 * jsdom has no layout, media elements, popovers, observers, Web Audio or WebRTC. Nothing is polyfilled
 * here, so the components must work without them.
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

/** With this flag React warns about updates outside of `act()`, as in Jest. */
const environment = globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean };
const errors: unknown[] = [];
const recordError = (...args: unknown[]) => void errors.push(...args);

beforeEach(() => {
  errors.length = 0;
  // jsdom reports calls of unimplemented functions on the console.
  for (const level of ["error", "warn"] as const)
    vi.spyOn(console, level).mockImplementation(recordError);
  process.on("unhandledRejection", recordError);
  window.addEventListener("error", recordError);
});

afterEach(async () => {
  cleanup();
  // The simulation stops one task after its last release.
  await new Promise((resolve) => setTimeout(resolve));
  process.off("unhandledRejection", recordError);
  window.removeEventListener("error", recordError);
  vi.restoreAllMocks();
  delete environment.IS_REACT_ACT_ENVIRONMENT;
  expect(errors).toEqual([]);
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

/** Renders a simulated call and returns the simulation. */
function showSimulated(options: SimulationOptions, show: Show): Simulation {
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

describe("CallRoom in jsdom", () => {
  beforeEach(() => {
    environment.IS_REACT_ACT_ENVIRONMENT = true;
  });

  it("joins from the pre-join form, leaves and joins again", async () => {
    showSimulated({ participants: [{ name: "Mina" }], status: "idle" }, room);
    fireEvent.change(screen.getByRole("textbox"), { target: { value: "Sam" } });
    press("Join");
    await eventually(() => expect(tiles()).toEqual(["Mina", "Sam (you)"]));
    press("Leave the call");
    await eventually(() => screen.getByText("You have left the call."));
    press("Join again");
    await eventually(() => expect(tiles()).toEqual(["Mina", "Sam (you)"]));
  });

  it("shows the events of a simulated call", () => {
    const simulation = showSimulated({ participants: [{ id: "mina", name: "Mina" }] }, room);
    const run = (event: () => unknown) => act(() => void event());
    run(() => simulation.mute("mina"));
    expect(tiles()).toContain("Mina, microphone off");
    run(() => simulation.speak("mina"));
    run(() => simulation.share("mina"));
    expect(tiles()).toContain("Mina: screen");
    run(() => simulation.share("mina", false));
    run(() => simulation.join({ name: "Jun" }));
    expect(tiles()).toContain("Jun");
    run(() => simulation.reconnect("mina"));
    expect(tiles()).toContain("Mina, Reconnecting…");
    run(() => simulation.recover("mina"));
    run(() => simulation.measure("mina", { quality: "poor" }));
    run(() => simulation.plug("videoinput", "Second camera"));
    run(() => simulation.permission("denied"));
    screen.getByRole("button", { name: "Camera", description: /allow/i });
    run(() => simulation.network("offline"));
    run(() => simulation.leave("mina"));
    run(() => simulation.fail());
    screen.getByRole("alert");
  });

  it("handles clicks and keys", async () => {
    const simulation = showSimulated({ participants: 3 }, room);
    press("Microphone");
    await eventually(() => expect(simulation.media.getSnapshot().microphone.enabled).toBe(false));
    fireEvent.keyDown(document.body, { key: "v", code: "KeyV" });
    await eventually(() => expect(simulation.media.getSnapshot().camera.enabled).toBe(false));
    press("Speaker view");
    await eventually(() => screen.getByRole("button", { name: "Speaker view", pressed: true }));
    expect(tiles()).toHaveLength(4);
  });

  it("changes the device in the device menu", async () => {
    const simulation = showSimulated({ participants: 1 }, room);
    act(() => simulation.plug("videoinput", "Second camera"));
    press("Camera settings");
    const select = await eventually(() => screen.getByRole("combobox", { name: "Camera" }));
    const { value } = screen.getByRole<HTMLOptionElement>("option", { name: "Second camera" });
    fireEvent.change(select, { target: { value } });
    await eventually(() => expect(simulation.media.getSnapshot().camera.deviceId).toBe(value));
    press("Camera settings");
    await eventually(() => expect(screen.queryByRole("combobox")).toBeNull());
  });

  it("renders snapshots that are not retained", () => {
    const { call, media } = simulateCall({ participants: 8 });
    render(<CallRoom call={call.getSnapshot()} media={media.getSnapshot()} layout="grid" />);
    expect(tiles()).toHaveLength(9);
  });
});

function SpeakerSelect({ media }: { media: LocalMedia }) {
  return <AudioOutputSelect audioOutput={useAudioOutputSelect(media)} />;
}

describe("components in jsdom", () => {
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
  ])("%s renders, and handles focus, clicks and drags", (_name, show) => {
    showSimulated({ participants: [{ name: "Mina", screen: true }] }, show);
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

  it("AudioOutputSelect renders nothing without setSinkId", () => {
    showSimulated({}, (_call, media) => <SpeakerSelect media={media} />);
    expect(document.querySelector("select")).toBeNull();
  });
});
