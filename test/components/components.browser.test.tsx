/** The components in a real browser: pictures move, voices sound, buttons say what they do. */
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, useState, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  CallAudio,
  CallError,
  CameraButton,
  LeaveButton,
  MicrophoneButton,
  ScreenShareButton,
  VideoGrid,
  VideoTile,
} from "../../src/index.ts";
import { callOf, deviceControl, media, participant } from "../support/fixtures.ts";

const endings: (() => void)[] = [];
const unhandled: unknown[] = [];
const onUnhandled = (event: PromiseRejectionEvent) => unhandled.push(event.reason);

beforeEach(() => window.addEventListener("unhandledrejection", onUnhandled));
afterEach(async () => {
  cleanup();
  vi.restoreAllMocks();
  for (const end of endings.splice(0)) end();
  await settle();
  window.removeEventListener("unhandledrejection", onUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

const show = (node: ReactNode) => render(<StrictMode>{node}</StrictMode>);
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));
const refusal = () => Promise.reject(new DOMException("Not before a click.", "NotAllowedError"));

/** A picture that moves for as long as the test runs. */
function picture(): MediaStream {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d")!;
  const stream = canvas.captureStream();
  const timer = setInterval(() => {
    context.fillStyle = `hsl(${performance.now() % 360} 50% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }, 40);
  endings.push(() => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
  });
  return stream;
}

/** A voice: a tone, which can be measured. */
function voice(): MediaStream {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const output = audio.createMediaStreamDestination();
  tone.connect(output);
  tone.start();
  endings.push(() => void audio.close());
  return output.stream;
}

/** Waits until the element plays aloud: by the root of the mean square, from now on. */
async function expectLoud(element: HTMLMediaElement): Promise<void> {
  const audio = new AudioContext();
  try {
    const { captureStream } = element as unknown as { captureStream: () => MediaStream };
    const analyser = audio.createAnalyser();
    audio.createMediaStreamSource(captureStream.call(element)).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const loudness = () => {
      analyser.getFloatTimeDomainData(samples);
      return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    };
    await expect.poll(loudness).toBeGreaterThan(0.1);
  } finally {
    await audio.close();
  }
}

describe("a tile", () => {
  it("shows the avatar while the camera is off, and the picture when it is on", async () => {
    const mina = participant({ name: "Mina Park", stream: picture() });
    const { rerender } = show(<VideoTile participant={{ ...mina, camera: false }} />);
    const tile = screen.getByRole("figure", { name: "Mina Park, camera off" });
    expect(tile.textContent).toContain("MP");
    expect(tile.dataset["picture"]).toBe("avatar");

    rerender(
      <StrictMode>
        <VideoTile participant={mina} />
      </StrictMode>,
    );
    await waitFor(() => expect(tile.dataset["picture"]).toBe("video"));
    expect(tile.textContent).not.toContain("MP");
    expect(tile.getAttribute("aria-label")).toBe("Mina Park");
  });

  it("shows no old picture when a camera comes back before its first new frame", async () => {
    const mina = participant({ stream: picture() });
    const frames = vi.spyOn(HTMLVideoElement.prototype, "requestVideoFrameCallback");
    const tileWith = (camera: boolean) => (
      <StrictMode>
        <VideoTile participant={{ ...mina, camera }} />
      </StrictMode>
    );
    const { container, rerender } = render(tileWith(true));
    const tile = container.querySelector("figure")!;
    await waitFor(() => expect(tile.dataset["picture"]).toBe("video"));
    rerender(tileWith(false));
    // No frame comes any more until the test says so, though the last one still stands in the element.
    frames.mockReturnValue(0);
    rerender(tileWith(true));
    expect(tile.dataset["picture"]).toBe("avatar");
    const [onFrame] = frames.mock.lastCall!;
    act(() => onFrame(performance.now(), {} as VideoFrameCallbackMetadata));
    expect(tile.dataset["picture"]).toBe("video");
  });

  it("keeps its element and sets its stream once, however often it renders", async () => {
    const stream = picture();
    const set = vi.spyOn(HTMLMediaElement.prototype, "srcObject", "set");
    const { container, rerender } = show(<VideoTile participant={participant({ stream })} />);
    const video = container.querySelector("video");
    for (let round = 0; round < 100; round += 1)
      rerender(
        <StrictMode>
          <VideoTile participant={participant({ stream, name: `Mina ${round}` })} />
        </StrictMode>,
      );
    await settle();
    expect(set).toHaveBeenCalledOnce();
    expect(container.querySelector("video")).toBe(video);
    expect(video?.muted).toBe(true);
  });

  it("shows a name as text, whatever is in it", () => {
    const name = "<img src=x onerror=alert(1)>";
    const { container } = show(<VideoTile participant={participant({ name })} />);
    expect(container.querySelector("img")).toBeNull();
    expect(container.textContent).toContain(name);
  });

  it("publishes its state and takes what a figure takes", () => {
    const ref = { current: null as HTMLElement | null };
    const person = participant({ isSelf: true, microphone: false, camera: false });
    show(
      <VideoTile ref={ref} participant={person} className="mine" style={{ order: 2 }} id="me" />,
    );
    expect(ref.current?.id).toBe("me");
    expect(ref.current?.className).toBe("mine");
    expect(ref.current?.style.order).toBe("2");
    expect(Object.fromEntries(Object.entries(ref.current?.dataset ?? {}))).toMatchObject({
      camera: "off",
      microphone: "off",
      status: "connected",
      self: "true",
      source: "camera",
      mirrored: "true",
    });
  });
});

describe("the sound", () => {
  it("plays every remote voice aloud, and goes on while the layout changes", async () => {
    const call = callOf([participant({ stream: voice() })]);
    const layouts = (which: ReactNode) => (
      <StrictMode>
        <CallAudio call={call} />
        {which}
      </StrictMode>
    );
    const { container, rerender } = render(layouts(<VideoGrid call={call} audio={false} />));
    const audio = container.querySelector("audio")!;
    await waitFor(() => expect(audio.paused).toBe(false));
    expect(audio.muted).toBe(false);
    await expectLoud(audio);
    const paused = vi.fn<() => void>();
    audio.addEventListener("pause", paused);

    rerender(layouts(<VideoTile participant={call.participants[0]!} />));
    expect(container.querySelectorAll("audio")).toHaveLength(1);
    expect(container.querySelector("audio")).toBe(audio);
    await expectLoud(audio);
    expect(paused).not.toHaveBeenCalled();
  });

  it("offers a button where the browser wants a click first, and starts with it", async () => {
    const play = vi.spyOn(HTMLMediaElement.prototype, "play").mockImplementation(refusal);
    const call = callOf([
      participant({ id: "a", stream: voice() }),
      participant({ id: "b", stream: voice() }),
    ]);
    const { container } = show(<CallAudio call={call} />);
    const button = await screen.findByRole("button", { name: "Turn on the sound" });
    expect(container.querySelector("[data-blocked=true]")).not.toBeNull();

    play.mockRestore();
    fireEvent.click(button);
    await waitFor(() => expect(screen.queryByRole("button")).toBeNull());
    expect(container.querySelector("[data-blocked=false]")).not.toBeNull();
    for (const audio of container.querySelectorAll("audio")) expect(audio.paused).toBe(false);
  });

  it("starts with a key pressed anywhere, and forgets who has gone", async () => {
    const play = vi.spyOn(HTMLMediaElement.prototype, "play").mockImplementation(refusal);
    const mina = participant({ stream: voice() });
    const { container, rerender } = show(<CallAudio call={callOf([mina])} />);
    await screen.findByRole("button");
    rerender(
      <StrictMode>
        <CallAudio call={callOf([])} />
      </StrictMode>,
    );
    expect(screen.queryByRole("button")).toBeNull();
    rerender(
      <StrictMode>
        <CallAudio call={callOf([mina])} />
      </StrictMode>,
    );
    await screen.findByRole("button");
    play.mockRestore();
    fireEvent.keyDown(document.body, { key: "Tab" });
    await waitFor(() => expect(container.querySelector("audio")?.paused).toBe(false));
  });

  it("comes back after something outside has paused it", async () => {
    const { container } = show(<CallAudio call={callOf([participant({ stream: voice() })])} />);
    const audio = container.querySelector("audio")!;
    await waitFor(() => expect(audio.paused).toBe(false));
    audio.pause();
    await waitFor(() => expect(audio.paused).toBe(false));
  });
});

describe("the buttons", () => {
  it("toggle, and say whether they are on", async () => {
    function Buttons() {
      const [on, setOn] = useState(true);
      const toggle = async () => setOn(!on);
      const device = deviceControl({ enabled: on, status: on ? "on" : "off", toggle });
      return <MicrophoneButton media={media({ microphone: device })} />;
    }
    show(<Buttons />);
    const button = screen.getByRole("button", { name: "Microphone", pressed: true });
    expect(button.title).toBe("Turn off the microphone");
    fireEvent.click(button);
    await screen.findByRole("button", { name: "Microphone", pressed: false });
    expect(button.dataset["status"]).toBe("off");
    expect(button.title).toBe("Turn on the microphone");
  });

  it.each([
    ["blocked", "Allow it in the settings"],
    ["missing", "Connect one"],
    ["busy", "Close that app"],
  ] as const)("name the remedy when a device is %s, and can still be pressed", (status, remedy) => {
    const toggle = vi.fn(() => Promise.reject(new CallError("device-busy", "In use.")));
    const camera = deviceControl({ status, enabled: true, toggle });
    show(<CameraButton media={media({ camera })} />);
    const button = screen.getByRole("button", { name: "Camera", pressed: false });
    expect(button.title).toContain(remedy);
    fireEvent.click(button);
    expect(toggle).toHaveBeenCalledOnce();
  });

  it("do nothing more where the application prevents it", () => {
    const toggle = vi.fn(async () => {});
    const microphone = deviceControl({ toggle });
    show(
      <MicrophoneButton
        media={media({ microphone })}
        onClick={(event) => event.preventDefault()}
      />,
    );
    fireEvent.click(screen.getByRole("button"));
    expect(toggle).not.toHaveBeenCalled();
  });

  it("share the screen: a cancelled choice is nothing, a refusal is said", async () => {
    const startScreenShare = vi.fn<() => Promise<void>>();
    show(<ScreenShareButton media={media({ startScreenShare })} />);
    const button = screen.getByRole("button", { name: "Share screen", pressed: false });

    startScreenShare.mockRejectedValueOnce(new CallError("permission-dismissed", "Cancelled."));
    fireEvent.click(button);
    expect(button.dataset["status"]).toBe("starting");
    await waitFor(() => expect(button.dataset["status"]).toBe("off"));

    startScreenShare.mockRejectedValueOnce(new CallError("permission-denied", "Refused."));
    fireEvent.click(button);
    await waitFor(() => expect(button.dataset["status"]).toBe("failed"));
    expect(button.title).toContain("Allow");
  });

  it("hide the screen button, or say why, where no screen can be shared", () => {
    const devices = vi.spyOn(navigator, "mediaDevices", "get");
    devices.mockReturnValue({} as MediaDevices);
    show(<ScreenShareButton media={media()} />);
    expect(screen.queryByRole("button")).toBeNull();
    show(<ScreenShareButton media={media()} whenUnsupported="disable" />);
    const button = screen.getByRole<HTMLButtonElement>("button", { name: "Share screen" });
    expect(button.disabled).toBe(true);
    expect(button.title).toContain("cannot share the screen");
  });

  it("agree with the server's page where no screen can be shared", () => {
    const button = <ScreenShareButton media={media()} />;
    const container = document.body.appendChild(document.createElement("div"));
    container.innerHTML = renderToString(button);
    vi.spyOn(navigator, "mediaDevices", "get").mockReturnValue({} as MediaDevices);
    const complaint = vi.spyOn(console, "error").mockReturnValue();
    render(button, { container, hydrate: true });
    expect(complaint).not.toHaveBeenCalled();
    expect(container.querySelector("button")).toBeNull();
  });

  it("leave the call, and a failure to leave harms nobody", async () => {
    const leave = vi.fn(() => Promise.reject(new CallError("signaling-unavailable", "Gone.")));
    show(<LeaveButton call={callOf([], { leave })} />);
    const button = screen.getByRole("button", { name: "Leave the call" });
    fireEvent.click(button);
    expect(button.getAttribute("aria-busy")).toBe("true");
    await waitFor(() => expect(button.getAttribute("aria-busy")).toBe("false"));
    expect(leave).toHaveBeenCalledOnce();
  });
});
