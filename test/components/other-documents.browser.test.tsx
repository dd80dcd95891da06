/** Components rendered through portals into a pop-out window and into shadow roots. */
import { act, cleanup, fireEvent, render, waitFor, within } from "@testing-library/react";
import { StrictMode, useEffect, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { afterEach, describe, expect, it, vi } from "vitest";
import styles from "../../src/components/styles/styles.css?inline";
import {
  CallAudio,
  ControlBar,
  OneToOneLayout,
  PreJoin,
  useStore,
  VideoGrid,
  type LocalMedia,
} from "../../src/index.ts";
import { simulateCall, type SimulationOptions } from "../../src/testing/index.ts";
import { callOf, deviceControl, media, participant } from "../support/fixtures.ts";

/** An element that components are rendered into, and its document or shadow root. */
interface Place {
  box: HTMLElement;
  root: Document | ShadowRoot;
}

const cleanups: (() => void)[] = [];

afterEach(() => {
  cleanup();
  for (const release of cleanups.splice(0)) release();
  vi.restoreAllMocks();
});

function boxIn(parent: Node, root: Place["root"]): Place {
  const box = root.ownerDocument?.createElement("div") ?? (root as Document).createElement("div");
  box.style.cssText = "inline-size: 800px; block-size: 500px";
  parent.appendChild(box);
  return { box, root };
}

function inPopup(): Place {
  const popup = window.open("about:blank", "", "popup,width=900,height=700")!;
  cleanups.push(() => popup.close());
  const style = popup.document.createElement("style");
  style.textContent = styles;
  popup.document.head.append(style);
  return boxIn(popup.document.body, popup.document);
}

function inShadowRoot(mode: ShadowRootMode): Place {
  const host = document.createElement("div");
  document.body.append(host);
  cleanups.push(() => host.remove());
  const root = host.attachShadow({ mode });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(styles);
  root.adoptedStyleSheets = [sheet];
  return boxIn(root, root);
}

const PLACES: [string, () => Place][] = [
  ["a pop-out window", inPopup],
  ["an open shadow root", () => inShadowRoot("open")],
  ["a closed shadow root", () => inShadowRoot("closed")],
];

const show = ({ box }: Place, node: ReactNode) =>
  render(<StrictMode>{createPortal(node, box)}</StrictMode>);
const inside = ({ box }: Place) => within(box);
const bodyOf = ({ box }: Place) => box.ownerDocument.body;

function withSpies(changes: Partial<LocalMedia["microphone"]> = {}) {
  const toggle = vi.fn(async () => {});
  const setEnabled = vi.fn(async () => {});
  const microphone = deviceControl({ toggle, setEnabled, ...changes });
  return { toggle, setEnabled, media: media({ microphone }) };
}

function showSimulated(place: Place, options: SimulationOptions) {
  const simulation = simulateCall({ sound: false, ...options });
  function Screen() {
    useEffect(() => simulation.call.retain(), []);
    const call = useStore(simulation.call);
    return (
      <>
        <VideoGrid call={call} audio={false} />
        <CallAudio call={call} />
      </>
    );
  }
  show(place, <Screen />);
  return simulation;
}

describe.each(PLACES)("components in %s", (_name, open) => {
  it("handle the keys of that document while no element has the focus", () => {
    const place = open();
    const { toggle, setEnabled, media: state } = withSpies({ status: "off", enabled: false });
    show(place, <ControlBar call={callOf([])} media={state} />);
    fireEvent.keyDown(bodyOf(place), { key: "m", code: "KeyM" });
    expect(toggle).toHaveBeenCalledOnce();
    fireEvent.keyDown(bodyOf(place), { key: " ", code: "Space" });
    expect(setEnabled).toHaveBeenLastCalledWith(true);
    fireEvent.keyUp(bodyOf(place), { key: " ", code: "Space" });
    expect(setEnabled).toHaveBeenLastCalledWith(false);
  });

  it("handle a letter once while a button of the call has the focus", () => {
    const place = open();
    const { toggle, media: state } = withSpies();
    show(place, <ControlBar call={callOf([])} media={state} />);
    const button = inside(place).getByRole("button", { name: "Camera" });
    fireEvent.keyDown(button, { key: "m", code: "KeyM", composed: true });
    expect(toggle).toHaveBeenCalledOnce();
  });

  it("leave the keys to a field in the same document", () => {
    const place = open();
    const { toggle, setEnabled, media: state } = withSpies({ status: "off", enabled: false });
    show(
      place,
      <>
        <input aria-label="Chat" />
        <ControlBar call={callOf([])} media={state} />
      </>,
    );
    const field = inside(place).getByLabelText("Chat");
    fireEvent.keyDown(field, { key: "m", code: "KeyM", composed: true });
    fireEvent.keyDown(field, { key: " ", code: "Space", composed: true });
    expect(toggle).not.toHaveBeenCalled();
    expect(setEnabled).not.toHaveBeenCalled();
  });

  it("mute when that window loses the focus while Space is held", () => {
    const place = open();
    const { setEnabled, media: state } = withSpies({ status: "off", enabled: false });
    show(place, <ControlBar call={callOf([])} media={state} />);
    fireEvent.keyDown(bodyOf(place), { key: " ", code: "Space" });
    fireEvent.blur(place.box.ownerDocument.defaultView!);
    expect(setEnabled).toHaveBeenLastCalledWith(false);
  });

  it("show the hint of a focused button", async () => {
    const place = open();
    const blocked = media({ microphone: deviceControl({ status: "blocked", enabled: false }) });
    show(place, <ControlBar call={callOf([])} media={blocked} />);
    const button = inside(place).getByRole("button", { name: "Microphone" });
    act(() => button.focus());
    const hint = place.root.getElementById(button.getAttribute("aria-describedby")!)!;
    expect(hint.textContent).toContain("Allow it in the settings");
    await waitFor(() => expect(hint.matches(":popover-open")).toBe(true));
    fireEvent.keyDown(button, { key: "Escape" });
    expect(hint.matches(":popover-open")).toBe(false);
  });

  it("resize the grid", async () => {
    const place = open();
    showSimulated(place, { participants: [{ id: "mina", name: "Mina" }] });
    const tile = inside(place).getByRole("figure", { name: "Mina" });
    const before = Number.parseFloat(tile.style.inlineSize);
    expect(before).toBeGreaterThan(100);
    place.box.style.inlineSize = "300px";
    await waitFor(() => expect(Number.parseFloat(tile.style.inlineSize)).toBeLessThan(before));
  });

  it("fit a tile of the grid to the aspect ratio of its video", async () => {
    const place = open();
    showSimulated(place, { participants: [{ id: "mina", name: "Mina" }] });
    const tile = inside(place).getByRole("figure", { name: "Mina" });
    const [video] = tile.getElementsByTagName("video");
    await waitFor(() => expect(video!.videoWidth).toBeGreaterThan(0));
    Object.defineProperty(video, "videoWidth", { value: 480 });
    Object.defineProperty(video, "videoHeight", { value: 640 });
    fireEvent(video!, new Event("resize"));
    const [width, height] = [tile.style.inlineSize, tile.style.blockSize].map(Number.parseFloat);
    expect(width! / height!).toBeCloseTo(3 / 4, 1);
  });

  it("play video and audio", async () => {
    const place = open();
    showSimulated(place, { participants: [{ id: "mina", name: "Mina" }] });
    const tile = inside(place).getByRole("figure", { name: "Mina" });
    await waitFor(() => expect(tile.dataset["picture"]).toBe("video"));
    const [voice] = place.box.getElementsByTagName("audio");
    await waitFor(() => expect(voice!.paused).toBe(false));
  });

  it("start blocked audio with the next gesture in that document", async () => {
    const place = open();
    const view = place.box.ownerDocument.defaultView!;
    // As in a browser, the error is an instance of the class of the element's window.
    const blockedError = new view.DOMException("No gesture yet.", "NotAllowedError");
    const play = vi.spyOn(view.HTMLAudioElement.prototype, "play").mockRejectedValue(blockedError);
    showSimulated(place, { participants: [{ id: "mina", name: "Mina" }] });
    const button = await inside(place).findByRole("button", { name: "Turn on the sound" });
    play.mockRestore();
    fireEvent.click(button);
    await waitFor(() => expect(button.isConnected).toBe(false));
  });

  it("move the small tile with the arrow keys", async () => {
    const place = open();
    show(place, <OneToOneLayout call={callOf([participant()])} audio={false} />);
    const handle = place.box.querySelector<HTMLElement>('[data-twocan="self-view-handle"]')!;
    const { corner } = handle.dataset;
    fireEvent.keyDown(handle, { key: "ArrowUp" });
    expect(handle.dataset["corner"]).not.toBe(corner);
  });

  it("focus the next field after access is granted", async () => {
    const place = open();
    const onJoin = vi.fn();
    const ask = () => Promise.resolve();
    const { rerender } = show(
      place,
      <PreJoin media={media({ status: "idle", start: ask })} onJoin={onJoin} />,
    );
    const allow = inside(place).getByRole("button", { name: /Allow/ });
    act(() => allow.focus());
    fireEvent.click(allow);
    rerender(
      <StrictMode>
        {createPortal(<PreJoin media={media()} onJoin={onJoin} />, place.box)}
      </StrictMode>,
    );
    await waitFor(() => expect(place.root.activeElement?.tagName).toBe("INPUT"));
  });
});
