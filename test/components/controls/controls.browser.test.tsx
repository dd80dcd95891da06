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
  // A failed test may have left Space pressed.
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

/** The latest media of the rendered component. */
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

describe("the hint of a button", () => {
  const blocked = media({ microphone: deviceControl({ status: "blocked" }) });

  it("shows the remedy while the button has the focus", () => {
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

  it("hides the remedy on Escape", () => {
    show(<MicrophoneButton media={blocked} />);
    const button = screen.getByRole("button", { name: "Microphone" });
    act(() => button.focus());
    fireEvent.keyDown(button, { key: "Escape" });
    expect(isShown(describedBy(button))).toBe(false);
  });

  it("shows the remedy again when a retry fails", async () => {
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

  it("works with custom markup", () => {
    const toggle = vi.fn(async () => {});
    function CustomButton() {
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
    show(<CustomButton />);
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
  ] as const)("shows why sharing failed: %s", async (code, remedy) => {
    const shown = sharing(new CallError(code, "Failed in a test."));
    await waitFor(() => expect(shown.dataset["status"]).toBe("failed"));
    const hint = describedBy(shown);
    expect(hint.textContent).toMatch(remedy);
    expect(hint.textContent).not.toMatch(/camera|microphone|app\b/);
    await waitFor(() => expect(isShown(hint)).toBe(true));
  });

  it("in a frame, asks the user to open the call in a tab", async () => {
    vi.spyOn(document as Chromium, "featurePolicy", "get").mockReturnValue({
      allowsFeature: () => false,
    });
    const shown = sharing(new CallError("permission-denied", "Failed in a test."));
    await waitFor(() => expect(shown.dataset["status"]).toBe("failed"));
    expect(describedBy(shown).textContent).toMatch(/Open the call in a separate tab/);
    vi.restoreAllMocks();
  });

  it("shows no error when the user cancels", async () => {
    const shown = sharing(new CallError("permission-dismissed", "Cancelled in a test."));
    await waitFor(() => expect(shown.dataset["status"]).toBe("off"));
    expect(shown.dataset["trouble"]).toBeUndefined();
    expect(shown.title).toBe("Share your screen");
  });
});

it("CameraButton is not pressed before the media have started", () => {
  const idle = deviceControl({ status: "off", enabled: true });
  show(<CameraButton media={media({ status: "idle", camera: idle })} />);
  const button = screen.getByRole("button", { name: "Camera", pressed: false });
  expect(button.title).toBe("Turn on the camera");
});

it("LeaveButton calls onLeave even if signaling fails", async () => {
  const onLeave = vi.fn();
  const leave = () => Promise.reject(new CallError("signaling-unavailable", "Gone."));
  show(<LeaveButton call={callOf([], { leave })} onLeave={onLeave} />);
  fireEvent.click(screen.getByRole("button"));
  await waitFor(() => expect(onLeave).toHaveBeenCalledOnce());
});

describe("DeviceSelect", () => {
  const select = () => screen.getByRole<HTMLSelectElement>("combobox");
  const selected = () => select().selectedOptions[0]?.textContent;
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

  it("changes the camera and keeps the stream", async () => {
    await showLive((state) => <DeviceSelect media={state} kind="videoinput" />);
    const { stream, camera } = live;
    const cameraSelect = screen.getByRole<HTMLSelectElement>("combobox", { name: "Camera" });
    expect(cameraSelect.value).toBe(camera.deviceId);
    const other = live.camera.devices.find(({ deviceId }) => deviceId !== camera.deviceId)!;
    await userEvent.selectOptions(cameraSelect, other.label);
    await waitFor(() => expect(live.camera.deviceId).toBe(other.deviceId));
    expect(selected()).toBe(other.label);
    expect(live.stream).toBe(stream);
    expect(stream?.getVideoTracks()[0]?.getSettings().deviceId).toBe(other.deviceId);
    expect(camera.track?.readyState).toBe("ended");
  });

  it("keeps the camera selected while it is off", async () => {
    await showLive((state) => <DeviceSelect media={state} kind="videoinput" />);
    const before = selected();
    await act(() => live.camera.setEnabled(false));
    expect(live.camera.track).toBeUndefined();
    expect(selected()).toBe(before);
  });

  it("reports that the device in use was unplugged, and selects its replacement", () => {
    const { rerender } = render(withMicrophones({ deviceId: "headset" }));
    expect(selected()).toBe("Headset");
    // The track ends before the list of devices changes.
    rerender(withMicrophones({ deviceId: "built-in" }));
    expect(note()).toBe("");
    rerender(withMicrophones({ deviceId: "built-in", devices: [builtIn] }));
    expect(note()).toBe("“Headset” was disconnected.");
    expect(selected()).toBe("Built-in microphone");
    rerender(withMicrophones({ deviceId: "built-in" }));
    expect(note()).toBe("");
  });

  it("does not report a device that the user left before it was unplugged", async () => {
    const change = vi.fn(async () => {});
    const { rerender } = render(withMicrophones({ deviceId: "headset", select: change }));
    fireEvent.change(select(), { target: { value: "built-in" } });
    rerender(withMicrophones({ select: change }));
    await waitFor(() => expect(select().getAttribute("aria-busy")).toBe("false"));
    rerender(withMicrophones({ devices: [builtIn] }));
    expect(note()).toBe("");
  });

  it("keeps the previous device when the selected one fails, and shows why", async () => {
    const change = vi.fn(() => Promise.reject(new CallError("device-busy", "In use.")));
    render(withMicrophones({ select: change }));
    fireEvent.change(select(), { target: { value: "headset" } });
    expect(change).toHaveBeenCalledWith("headset");
    await waitFor(() => expect(note()).toContain("in use by another app"));
    expect(selected()).toBe("Built-in microphone");
    expect(select().disabled).toBe(false);
  });

  it("numbers devices that the browser does not name", () => {
    const nameless = ["a", "b"].map((id) => device("audioinput", id, ""));
    render(withMicrophones({ devices: nameless, deviceId: "b" }));
    expect(screen.getAllByRole("option").map((option) => option.textContent)).toEqual([
      "Microphone 1",
      "Microphone 2",
    ]);
    expect(selected()).toBe("Microphone 2");
  });

  it.each([
    ["off", undefined, "Shown once access is allowed"],
    ["missing", undefined, "None found"],
    ["starting", "built-in", "Built-in microphone"],
  ] as const)("is disabled while the device is %s", (status, deviceId, text) => {
    const devices = deviceId ? [builtIn] : [];
    render(withMicrophones({ status, deviceId, devices }));
    expect(select().disabled).toBe(true);
    expect(selected()).toBe(text);
  });
});

describe("LevelMeter", () => {
  function createLevel(): Store<number> & { set(value: number): void } {
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

  it("updates without a render, and reports detected speech once", () => {
    vi.useFakeTimers();
    const level = createLevel();
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

describe("ControlBar", () => {
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

  async function holdSpace(): Promise<void> {
    await userEvent.keyboard("{ >}");
    await waitFor(() => expect(sends()).toBe(true));
    await waitFor(() => expect(live.microphone.status).toBe("on"));
  }

  async function expectMuted(): Promise<void> {
    await waitFor(() => expect(live.microphone.status).toBe("off"));
    expect(sends()).toBe(false);
    expect(bar().dataset["pushToTalk"]).toBe("false");
  }

  it("unmutes while Space is held, and shows it", async () => {
    await showMuted();
    await holdSpace();
    expect(bar().dataset["pushToTalk"]).toBe("true");
    screen.getByText("You are on air while you hold Space");
    await userEvent.keyboard("{/ }");
    await expectMuted();
    expect(screen.queryByText(/on air/)).toBeNull();
  });

  it.each([
    ["the window loses the focus", () => fireEvent.blur(window)],
    ["the page is hidden", () => fireEvent(document, new Event("visibilitychange"))],
  ])("mutes when %s while Space is held", async (_what, happen) => {
    await showMuted();
    await holdSpace();
    happen();
    await expectMuted();
  });

  it("mutes when Space is released in a field that stops the event", async () => {
    const keep = (event: { stopPropagation(): void }) => event.stopPropagation();
    await showMuted({}, <textarea aria-label="Chat" onKeyUp={keep} />);
    const chat = screen.getByRole("textbox");
    chat.addEventListener("keyup", keep);
    await holdSpace();
    chat.focus();
    await userEvent.keyboard("{/ }");
    await expectMuted();
  });

  it("mutes when it is unmounted while Space is held", async () => {
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
    await holdSpace();
    fireEvent.click(screen.getByText("Away"));
    await waitFor(() => expect(sends()).toBe(false));
  });

  it("does not mute an open microphone when Space is pressed", async () => {
    await showBar();
    await userEvent.keyboard("{ >}{/ }");
    expect(sends()).toBe(true);
    expect(bar().dataset["pushToTalk"]).toBe("false");
  });

  it("toggles the microphone with M and the camera with V", async () => {
    await showBar();
    await userEvent.keyboard("m");
    await waitFor(() => expect(microphone().getAttribute("aria-pressed")).toBe("false"));
    await userEvent.keyboard("v");
    await waitFor(() => expect(live.camera.status).toBe("off"));
    await userEvent.keyboard("m");
    await waitFor(() => expect(sends()).toBe(true));
    expect(microphone().getAttribute("aria-keyshortcuts")).toBe("M");
  });

  it("handles the key of M on a Korean keyboard", async () => {
    await showBar();
    fireEvent.keyDown(document.body, { key: "ㅡ", code: "KeyM" });
    await waitFor(() => expect(sends()).toBe(false));
  });

  it("ignores keys in fields and keys with a modifier", async () => {
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
  ] as const)("does not request the microphone on Space while it is %s", (_how, state) => {
    const setEnabled = vi.fn(async () => {});
    const silent = deviceControl({ ...state, setEnabled });
    show(<ControlBar call={callOf([])} media={media({ microphone: silent })} />);
    fireEvent.keyDown(document.body, { key: " ", code: "Space" });
    expect(setEnabled).not.toHaveBeenCalled();
  });

  it.each([
    ["shortcuts is false", { shortcuts: false }],
    ["the call was left", { call: callOf([], { status: "left" }) }],
  ])("ignores keys when %s", async (_where, props) => {
    await showBar(props);
    await userEvent.keyboard("m");
    expect(sends()).toBe(true);
    await act(() => live.microphone.setEnabled(false));
    await userEvent.keyboard("{ >}");
    expect(sends()).toBe(false);
  });

  it("shows only the selected controls and handles only their keys", async () => {
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

  it("opens the device menu, in which the shortcuts can be turned off", async () => {
    const measuring = () => document.querySelector('[data-twocan="level-meter"]');
    await showBar();
    expect(measuring()).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Microphone settings" }));
    const deviceSelect = await screen.findByRole("combobox", { name: "Microphone" });
    expect(deviceSelect.closest("[popover]")?.matches(":popover-open")).toBe(true);
    await userEvent.click(screen.getByRole("checkbox", { name: /Keys/ }));
    expect(microphone().hasAttribute("aria-keyshortcuts")).toBe(false);
    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(measuring()).toBeNull());
    await userEvent.keyboard("m");
    expect(sends()).toBe(true);
  });

  it("acts on the media of the latest render", () => {
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
