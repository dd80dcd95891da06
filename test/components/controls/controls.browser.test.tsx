/** The controls in a real browser: remedies that can be reached, devices that change, keys that let go. */
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, useEffect, useState, type ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import {
  CallError,
  CameraButton,
  ControlBar,
  DeviceSelect,
  LeaveButton,
  LevelMeter,
  MicrophoneButton,
  ScreenShareButton,
  useCallShortcuts,
  useLocalMedia,
  useMicrophoneButton,
  type ControlBarProps,
  type LocalMedia,
  type DeviceControl,
  type Store,
} from "../../../src/index.ts";
import { callOf, deviceControl, media } from "../../support/fixtures.ts";
import { opened } from "../../support/browser/media-support.ts";

afterEach(async () => {
  // Whatever key a failed test has left down.
  await userEvent.keyboard("{/ }");
  cleanup();
  vi.useRealTimers();
  vi.restoreAllMocks();
  await expect.poll(() => opened.liveTracks().length).toBe(0);
});

const show = (node: ReactNode) => render(<StrictMode>{node}</StrictMode>);
const isShown = (element: Element) => element.matches(":popover-open");
const describedBy = (element: Element) =>
  document.getElementById(element.getAttribute("aria-describedby") ?? "")!;

function device(kind: MediaDeviceKind, deviceId: string, label: string): MediaDeviceInfo {
  const info = { kind, deviceId, label, groupId: "" };
  return { ...info, toJSON: () => info };
}

const [builtIn, headset] = [
  device("audioinput", "built-in", "Built-in microphone"),
  device("audioinput", "headset", "Headset"),
];

/** The media of this page, as a component of the application holds it. */
let live: LocalMedia;

function Live({ children }: { children: (state: LocalMedia) => ReactNode }) {
  const state = useLocalMedia();
  useEffect(() => {
    live = state;
  });
  return children(state);
}

async function showLive(children: (state: LocalMedia) => ReactNode): Promise<void> {
  show(<Live>{children}</Live>);
  await waitFor(() => expect(live.status).toBe("live"));
  await waitFor(() => expect(live.camera.devices.length).toBeGreaterThan(1));
}

describe("a button in trouble", () => {
  const blocked = media({ microphone: deviceControl({ status: "blocked" }) });

  it("shows its remedy while it has the focus, and describes itself with it", () => {
    show(<MicrophoneButton media={blocked} />);
    const button = screen.getByRole("button", { name: "Microphone" });
    const hint = describedBy(button);
    expect(hint.textContent).toContain("Allow it in the settings");
    expect(isShown(hint)).toBe(false);
    act(() => button.focus());
    expect(isShown(hint)).toBe(true);
    act(() => button.blur());
    expect(isShown(hint)).toBe(false);
  });

  it("takes the remedy away with Escape", () => {
    show(<MicrophoneButton media={blocked} />);
    const button = screen.getByRole("button", { name: "Microphone" });
    act(() => button.focus());
    fireEvent.keyDown(button, { key: "Escape" });
    expect(isShown(describedBy(button))).toBe(false);
  });

  it("shows the remedy again when another try has failed", async () => {
    function Retrying() {
      const [status, setStatus] = useState<DeviceControl["status"]>("blocked");
      const toggle = async () => {
        setStatus("starting");
        await new Promise((resolve) => setTimeout(resolve));
        setStatus("busy");
        throw new CallError("device-busy", "In use.");
      };
      return <CameraButton media={media({ camera: deviceControl({ status, toggle }) })} />;
    }
    show(<Retrying />);
    const button = screen.getByRole("button", { name: "Camera" });
    fireEvent.click(button);
    await waitFor(() => expect(button.dataset["status"]).toBe("busy"));
    expect(describedBy(button).textContent).toContain("Close that app");
    await waitFor(() => expect(isShown(describedBy(button))).toBe(true));
  });

  it("is as good on markup of one's own", () => {
    const toggle = vi.fn(async () => {});
    function Own() {
      const { buttonProps, hintProps, trouble } = useMicrophoneButton(
        media({ microphone: deviceControl({ status: "missing", toggle }) }),
      );
      return (
        <>
          <button {...buttonProps}>Mute</button>
          {trouble && <em {...hintProps} />}
        </>
      );
    }
    show(<Own />);
    const button = screen.getByRole("button", { name: "Microphone", pressed: false });
    act(() => button.focus());
    expect(isShown(screen.getByText(/Connect one/))).toBe(true);
    fireEvent.click(button);
    expect(toggle).toHaveBeenCalledOnce();
  });
});

/** Chromium exposes the permissions policy of a document. */
type Chromium = Document & { readonly featurePolicy: unknown };

describe("ScreenShareButton", () => {
  const sharing = (failure: unknown) => {
    show(<ScreenShareButton media={media({ startScreenShare: () => Promise.reject(failure) })} />);
    const shown = screen.getByRole("button", { name: "Share screen" });
    fireEvent.click(shown);
    return shown;
  };

  it.each([
    ["permission-denied", /settings of the system/],
    ["activation-required", /Press the button again/],
    ["device-missing", /no screen or window/],
    ["device-busy", /could not be shared/],
    ["constraints-unsatisfied", /could not be shared/],
    ["insecure-context", /https/],
    ["unsupported", /cannot do that/],
  ] as const)("says why sharing failed: %s", async (code, remedy) => {
    const shown = sharing(new CallError(code, "Failed in a test."));
    await waitFor(() => expect(shown.dataset["status"]).toBe("failed"));
    const hint = describedBy(shown);
    expect(hint.textContent).toMatch(remedy);
    expect(hint.textContent).not.toMatch(/camera|microphone|app\b/);
    await waitFor(() => expect(isShown(hint)).toBe(true));
  });

  it("tells the user of an embedded page to open the call in a tab", async () => {
    vi.spyOn(document as Chromium, "featurePolicy", "get").mockReturnValue({
      allowsFeature: () => false,
    });
    const shown = sharing(new CallError("permission-denied", "Failed in a test."));
    await waitFor(() => expect(shown.dataset["status"]).toBe("failed"));
    expect(describedBy(shown).textContent).toMatch(/in a tab of its own/);
    vi.restoreAllMocks();
  });

  it("says nothing when the user cancels", async () => {
    const shown = sharing(new CallError("permission-dismissed", "Cancelled in a test."));
    await waitFor(() => expect(shown.dataset["status"]).toBe("off"));
    expect(shown.dataset["trouble"]).toBeUndefined();
    expect(shown.title).toBe("Share your screen");
  });
});

it("a switch is not on before anything has started", () => {
  const idle = deviceControl({ status: "off", enabled: true });
  show(<CameraButton media={media({ status: "idle", camera: idle })} />);
  const button = screen.getByRole("button", { name: "Camera", pressed: false });
  expect(button.title).toBe("Turn on the camera");
});

it("the application is told when the call was left, even if the signaling was not", async () => {
  const onLeave = vi.fn();
  const leave = () => Promise.reject(new CallError("signaling-unavailable", "Gone."));
  show(<LeaveButton call={callOf([], { leave })} onLeave={onLeave} />);
  fireEvent.click(screen.getByRole("button"));
  await waitFor(() => expect(onLeave).toHaveBeenCalledOnce());
});

describe("the choice of a device", () => {
  const choice = () => screen.getByRole<HTMLSelectElement>("combobox");
  const marked = () => choice().selectedOptions[0]?.textContent;
  const note = () => screen.getByRole("status").textContent;

  function withMicrophones(changes: Partial<DeviceControl>): ReactNode {
    const microphone = deviceControl({
      devices: [builtIn, headset],
      deviceId: "built-in",
      ...changes,
    });
    return (
      <StrictMode>
        <DeviceSelect media={media({ microphone })} kind="audioinput" />
      </StrictMode>
    );
  }

  it("changes the camera, and the stream stays the same", async () => {
    await showLive((state) => <DeviceSelect media={state} kind="videoinput" />);
    const { stream, camera } = live;
    const select = screen.getByRole<HTMLSelectElement>("combobox", { name: "Camera" });
    expect(select.value).toBe(camera.deviceId);
    const other = live.camera.devices.find(({ deviceId }) => deviceId !== camera.deviceId)!;
    await userEvent.selectOptions(select, other.label);
    await waitFor(() => expect(live.camera.deviceId).toBe(other.deviceId));
    expect(marked()).toBe(other.label);
    expect(live.stream).toBe(stream);
    expect(stream?.getVideoTracks()[0]?.getSettings().deviceId).toBe(other.deviceId);
    expect(camera.track?.readyState).toBe("ended");
  });

  it("still marks the camera that was on when it is switched off", async () => {
    await showLive((state) => <DeviceSelect media={state} kind="videoinput" />);
    const before = marked();
    await act(() => live.camera.setEnabled(false));
    expect(live.camera.track).toBeUndefined();
    expect(marked()).toBe(before);
  });

  it("says when the device in use was unplugged, and marks the one that goes on", () => {
    const { rerender } = render(withMicrophones({ deviceId: "headset" }));
    expect(marked()).toBe("Headset");
    // The track ends first; what is plugged in is known a moment later.
    rerender(withMicrophones({ deviceId: "built-in" }));
    expect(note()).toBe("");
    rerender(withMicrophones({ deviceId: "built-in", devices: [builtIn] }));
    expect(note()).toBe("“Headset” was disconnected.");
    expect(marked()).toBe("Built-in microphone");
    rerender(withMicrophones({ deviceId: "built-in" }));
    expect(note()).toBe("");
  });

  it("has no news of a device that was left by choice before it was unplugged", async () => {
    const change = vi.fn(async () => {});
    const { rerender } = render(withMicrophones({ deviceId: "headset", select: change }));
    fireEvent.change(choice(), { target: { value: "built-in" } });
    rerender(withMicrophones({ select: change }));
    await waitFor(() => expect(choice().getAttribute("aria-busy")).toBe("false"));
    rerender(withMicrophones({ devices: [builtIn] }));
    expect(note()).toBe("");
  });

  it("keeps the former device when another one fails, and says why", async () => {
    const change = vi.fn(() => Promise.reject(new CallError("device-busy", "In use.")));
    render(withMicrophones({ select: change }));
    fireEvent.change(choice(), { target: { value: "headset" } });
    expect(change).toHaveBeenCalledWith("headset");
    await waitFor(() => expect(note()).toContain("in use by another app"));
    expect(marked()).toBe("Built-in microphone");
    expect(choice().disabled).toBe(false);
  });

  it("gives numbers to devices that the browser does not name", () => {
    const nameless = ["a", "b"].map((id) => device("audioinput", id, ""));
    render(withMicrophones({ devices: nameless, deviceId: "b" }));
    expect(screen.getAllByRole("option").map((option) => option.textContent)).toEqual([
      "Microphone 1",
      "Microphone 2",
    ]);
    expect(marked()).toBe("Microphone 2");
  });

  it.each([
    ["off", undefined, "Shown once access is allowed"],
    ["missing", undefined, "None found"],
    ["starting", "built-in", "Built-in microphone"],
  ] as const)("offers nothing to choose while the device is %s", (status, deviceId, text) => {
    const devices = deviceId ? [builtIn] : [];
    render(withMicrophones({ status, deviceId, devices }));
    expect(choice().disabled).toBe(true);
    expect(marked()).toBe(text);
  });
});

describe("the meter", () => {
  function loudness(): Store<number> & { set(value: number): void } {
    let value = 0;
    const listeners = new Set<() => void>();
    return {
      getSnapshot: () => value,
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      set(next) {
        value = next;
        for (const listener of listeners) listener();
      },
    };
  }

  it("moves without rendering, and says once that the voice was heard", () => {
    vi.useFakeTimers();
    const level = loudness();
    let commits = 0;
    const Counted = () => {
      useEffect(() => {
        commits += 1;
      });
      return <LevelMeter subject={{ stream: undefined, level }} />;
    };
    const { container } = render(<Counted />);
    const bar = container.querySelector<HTMLElement>('[data-twocan="level-meter-bar"]')!;
    const height = () => Number(bar.style.getPropertyValue("--twocan-level"));
    screen.getByText("Say something to test the microphone.");
    act(() => level.set(0.01));
    const quiet = height();
    expect(quiet).toBeGreaterThan(0);
    screen.getByText("Say something to test the microphone.");
    act(() => level.set(0.2));
    expect(height()).toBeGreaterThan(quiet);
    screen.getByText("We can hear you.");
    act(() => level.set(0));
    expect(height()).toBe(0);
    act(() => {
      vi.advanceTimersByTime(5_000);
    });
    screen.getByText("We can hear you.");
    expect(commits).toBe(1);
  });
});

describe("the bar", () => {
  const bar = () => screen.getByRole("group", { name: "Call controls" });
  const microphone = () => screen.getByRole("button", { name: "Microphone" });
  const sends = () => live.microphone.track?.enabled;

  async function showBar(props: Partial<ControlBarProps> = {}, beside?: ReactNode) {
    await showLive((state) => (
      <>
        {beside}
        <ControlBar call={callOf([])} media={state} {...props} />
      </>
    ));
  }

  async function showMuted(props: Partial<ControlBarProps> = {}, beside?: ReactNode) {
    await showBar(props, beside);
    await act(() => live.microphone.setEnabled(false));
    expect(sends()).toBe(false);
  }

  async function retain(): Promise<void> {
    await userEvent.keyboard("{ >}");
    await waitFor(() => expect(sends()).toBe(true));
    await waitFor(() => expect(live.microphone.status).toBe("on"));
  }

  async function expectMuted(): Promise<void> {
    await waitFor(() => expect(live.microphone.status).toBe("off"));
    expect(sends()).toBe(false);
    expect(bar().dataset["pushToTalk"]).toBe("false");
  }

  it("lets one speak as long as Space is held, says so, and no longer", async () => {
    await showMuted();
    await retain();
    expect(bar().dataset["pushToTalk"]).toBe("true");
    screen.getByText("You are on air while you hold Space");
    await userEvent.keyboard("{/ }");
    await expectMuted();
    expect(screen.queryByText(/on air/)).toBeNull();
  });

  it.each([
    ["another window takes the keyboard", () => fireEvent.blur(window)],
    ["the page is hidden", () => fireEvent(document, new Event("visibilitychange"))],
  ])("mutes when %s while Space is held", async (_what, happen) => {
    await showMuted();
    await retain();
    happen();
    await expectMuted();
  });

  it("mutes when Space comes up in a field that keeps its keys to itself", async () => {
    const keep = (event: { stopPropagation(): void }) => event.stopPropagation();
    await showMuted({}, <textarea aria-label="Chat" onKeyUp={keep} />);
    const chat = screen.getByRole("textbox");
    chat.addEventListener("keyup", keep);
    await retain();
    chat.focus();
    await userEvent.keyboard("{/ }");
    await expectMuted();
  });

  it("mutes when it goes while Space is held", async () => {
    function Page({ state }: { state: LocalMedia }) {
      const [there, setThere] = useState(true);
      return (
        <>
          <button onClick={() => setThere(false)}>Away</button>
          {there && <ControlBar call={callOf([])} media={state} />}
        </>
      );
    }
    await showLive((state) => <Page state={state} />);
    await act(() => live.microphone.setEnabled(false));
    await retain();
    fireEvent.click(screen.getByText("Away"));
    await waitFor(() => expect(sends()).toBe(false));
  });

  it("leaves an open microphone open when Space is pressed", async () => {
    await showBar();
    await userEvent.keyboard("{ >}{/ }");
    expect(sends()).toBe(true);
    expect(bar().dataset["pushToTalk"]).toBe("false");
  });

  it("switches the microphone with M and the camera with V", async () => {
    await showBar();
    await userEvent.keyboard("m");
    await waitFor(() => expect(microphone().getAttribute("aria-pressed")).toBe("false"));
    await userEvent.keyboard("v");
    await waitFor(() => expect(live.camera.status).toBe("off"));
    await userEvent.keyboard("m");
    await waitFor(() => expect(sends()).toBe(true));
    expect(microphone().getAttribute("aria-keyshortcuts")).toBe("M");
  });

  it("knows the key of M on a Korean keyboard", async () => {
    await showBar();
    fireEvent.keyDown(document.body, { key: "ㅡ", code: "KeyM" });
    await waitFor(() => expect(sends()).toBe(false));
  });

  it("takes no key that is typed, chosen with, or held with another one", async () => {
    const setEnabled = vi.fn(async () => {});
    const toggle = vi.fn(async () => {});
    const off = deviceControl({ status: "off", enabled: false, setEnabled, toggle });
    show(
      <>
        <input aria-label="Field" />
        <select aria-label="List" />
        <button>Press</button>
        <p contentEditable suppressContentEditableWarning>
          Note
        </p>
        <ControlBar call={callOf([])} media={media({ microphone: off })} />
      </>,
    );
    const places = ["Field", "List"].map((name) => screen.getByLabelText(name));
    for (const place of [...places, screen.getByText("Note")]) {
      fireEvent.keyDown(place, { key: " ", code: "Space" });
      fireEvent.keyDown(place, { key: "m", code: "KeyM" });
    }
    fireEvent.keyDown(screen.getByText("Press"), { key: " ", code: "Space" });
    for (const modifier of ["ctrlKey", "altKey", "metaKey", "shiftKey"])
      fireEvent.keyDown(document.body, { key: "m", code: "KeyM", [modifier]: true });
    fireEvent.keyDown(document.body, { key: "m", code: "KeyM", repeat: true });
    expect(setEnabled).not.toHaveBeenCalled();
    expect(toggle).not.toHaveBeenCalled();
    fireEvent.keyDown(document.body, { key: "m", code: "KeyM" });
    expect(toggle).toHaveBeenCalledOnce();
  });

  it.each([
    ["blocked", { status: "blocked", enabled: false }],
    ["not started yet", { status: "off", enabled: true }],
  ] as const)("asks for no microphone by a held key where it is %s", (_how, state) => {
    const setEnabled = vi.fn(async () => {});
    const silent = deviceControl({ ...state, setEnabled });
    show(<ControlBar call={callOf([])} media={media({ microphone: silent })} />);
    fireEvent.keyDown(document.body, { key: " ", code: "Space" });
    expect(setEnabled).not.toHaveBeenCalled();
  });

  it.each([
    ["the application turns the keys off", { shortcuts: false }],
    ["the call was left", { call: callOf([], { status: "left" }) }],
  ])("has no keys where %s", async (_where, props) => {
    await showBar(props);
    await userEvent.keyboard("m");
    expect(sends()).toBe(true);
    await act(() => live.microphone.setEnabled(false));
    await userEvent.keyboard("{ >}");
    expect(sends()).toBe(false);
  });

  it("are of the controls that the bar shows, and no others", async () => {
    await showBar({ controls: ["camera", "leave"] });
    const names = screen.getAllByRole("button").map((button) => button.getAttribute("aria-label"));
    expect(names).toEqual(["Camera", "Camera settings", "Leave the call"]);
    await userEvent.keyboard("m");
    expect(sends()).toBe(true);
    await act(() => live.microphone.setEnabled(false));
    await userEvent.keyboard("{ >}{/ }");
    expect(sends()).toBe(false);
    await userEvent.keyboard("v");
    await waitFor(() => expect(live.camera.status).toBe("off"));
  });

  it("opens the choice of the device beside its switch, where the keys can be turned off", async () => {
    const measuring = () => document.querySelector('[data-twocan="level-meter"]');
    await showBar();
    expect(measuring()).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Microphone settings" }));
    const choice = await screen.findByRole("combobox", { name: "Microphone" });
    expect(choice.closest("[popover]")?.matches(":popover-open")).toBe(true);
    await userEvent.click(screen.getByRole("checkbox", { name: /Keys/ }));
    expect(microphone().hasAttribute("aria-keyshortcuts")).toBe(false);
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(measuring()).toBeNull());
    await userEvent.keyboard("m");
    expect(sends()).toBe(true);
  });

  it("acts on the media of now with keys that were set up before", () => {
    const [first, second] = [vi.fn(async () => {}), vi.fn(async () => {})];
    const Keys = ({ toggle }: { toggle: () => Promise<void> }) => {
      useCallShortcuts({ media: media({ camera: deviceControl({ toggle }) }) });
      return null;
    };
    const { rerender } = show(<Keys toggle={first} />);
    rerender(
      <StrictMode>
        <Keys toggle={second} />
      </StrictMode>,
    );
    fireEvent.keyDown(document.body, { key: "v", code: "KeyV" });
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledOnce();
  });
});
