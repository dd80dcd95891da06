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

const cleanups: (() => void)[] = [];
const unhandled: unknown[] = [];
const onUnhandled = (event: PromiseRejectionEvent) => unhandled.push(event.reason);

beforeEach(() => window.addEventListener("unhandledrejection", onUnhandled));
afterEach(async () => {
  cleanup();
  vi.restoreAllMocks();
  for (const release of cleanups.splice(0)) release();
  await settle();
  window.removeEventListener("unhandledrejection", onUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

const show = (node: ReactNode) => render(<StrictMode>{node}</StrictMode>);
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));
const rejectPlay = () => Promise.reject(new DOMException("Not before a click.", "NotAllowedError"));

/** Captures a moving canvas until the end of the test. */
function createVideoStream(): MediaStream {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d")!;
  const stream = canvas.captureStream();
  const timer = setInterval(() => {
    context.fillStyle = `hsl(${performance.now() % 360} 50% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }, 40);
  cleanups.push(() => {
    clearInterval(timer);
    for (const track of stream.getTracks()) track.stop();
  });
  return stream;
}

/** Creates the audio stream of a tone. */
function createAudioStream(): MediaStream {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const output = audio.createMediaStreamDestination();
  tone.connect(output);
  tone.start();
  cleanups.push(() => void audio.close());
  return output.stream;
}

/** Waits until the root mean square of the output of the element exceeds a threshold. */
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

describe("VideoTile", () => {
  it("shows the avatar while the camera is off, and the video while it is on", async () => {
    const mina = participant({ name: "Mina Park", stream: createVideoStream() });
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

  it("shows no old frame when a camera is turned on again", async () => {
    const mina = participant({ stream: createVideoStream() });
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
    // No further frame arrives until the test calls onFrame. The element still shows the last one.
    frames.mockReturnValue(0);
    rerender(tileWith(true));
    expect(tile.dataset["picture"]).toBe("avatar");
    const [onFrame] = frames.mock.lastCall!;
    act(() => onFrame(performance.now(), {} as VideoFrameCallbackMetadata));
    expect(tile.dataset["picture"]).toBe("video");
  });

  it("keeps its element and sets its stream once over many renders", async () => {
    const stream = createVideoStream();
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

  it("shows a name with markup as text", () => {
    const name = "<img src=x onerror=alert(1)>";
    const { container } = show(<VideoTile participant={participant({ name })} />);
    expect(container.querySelector("img")).toBeNull();
    expect(container.textContent).toContain(name);
  });

  it("sets its data attributes and accepts the props of a figure", () => {
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

describe("CallAudio", () => {
  it("plays all remote audio, and keeps playing when the layout changes", async () => {
    const call = callOf([participant({ stream: createAudioStream() })]);
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

  it("shows a button when autoplay is blocked, and plays on a click", async () => {
    const play = vi.spyOn(HTMLMediaElement.prototype, "play").mockImplementation(rejectPlay);
    const call = callOf([
      participant({ id: "a", stream: createAudioStream() }),
      participant({ id: "b", stream: createAudioStream() }),
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

  it("plays on a key press anywhere, and ignores participants who have left", async () => {
    const play = vi.spyOn(HTMLMediaElement.prototype, "play").mockImplementation(rejectPlay);
    const mina = participant({ stream: createAudioStream() });
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

  it("resumes after the element was paused from outside", async () => {
    const { container } = show(
      <CallAudio call={callOf([participant({ stream: createAudioStream() })])} />,
    );
    const audio = container.querySelector("audio")!;
    await waitFor(() => expect(audio.paused).toBe(false));
    audio.pause();
    await waitFor(() => expect(audio.paused).toBe(false));
  });
});

describe("controls", () => {
  it("MicrophoneButton toggles and exposes its state", async () => {
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
  ] as const)(
    "CameraButton shows the remedy while the device is %s, and stays enabled",
    (status, remedy) => {
      const toggle = vi.fn(() => Promise.reject(new CallError("device-busy", "In use.")));
      const camera = deviceControl({ status, enabled: true, toggle });
      show(<CameraButton media={media({ camera })} />);
      const button = screen.getByRole("button", { name: "Camera", pressed: false });
      expect(button.title).toContain(remedy);
      fireEvent.click(button);
      expect(toggle).toHaveBeenCalledOnce();
    },
  );

  it("MicrophoneButton does nothing if the application prevents the default", () => {
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

  it("ScreenShareButton ignores a cancelled dialog and reports a denial", async () => {
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

  it("ScreenShareButton is hidden or disabled if the browser cannot share a screen", () => {
    const devices = vi.spyOn(navigator, "mediaDevices", "get");
    devices.mockReturnValue({} as MediaDevices);
    show(<ScreenShareButton media={media()} />);
    expect(screen.queryByRole("button")).toBeNull();
    show(<ScreenShareButton media={media()} whenUnsupported="disable" />);
    const button = screen.getByRole<HTMLButtonElement>("button", { name: "Share screen" });
    expect(button.disabled).toBe(true);
    expect(button.title).toContain("cannot share the screen");
  });

  it("ScreenShareButton hydrates the markup of the server in a browser that cannot share", () => {
    const button = <ScreenShareButton media={media()} />;
    const container = document.body.appendChild(document.createElement("div"));
    container.innerHTML = renderToString(button);
    vi.spyOn(navigator, "mediaDevices", "get").mockReturnValue({} as MediaDevices);
    const consoleError = vi.spyOn(console, "error").mockReturnValue();
    render(button, { container, hydrate: true });
    expect(consoleError).not.toHaveBeenCalled();
    expect(container.querySelector("button")).toBeNull();
  });

  it("LeaveButton leaves the call, and handles a failure", async () => {
    const leave = vi.fn(() => Promise.reject(new CallError("signaling-unavailable", "Gone.")));
    show(<LeaveButton call={callOf([], { leave })} />);
    const button = screen.getByRole("button", { name: "Leave the call" });
    fireEvent.click(button);
    expect(button.getAttribute("aria-busy")).toBe("true");
    await waitFor(() => expect(button.getAttribute("aria-busy")).toBe("false"));
    expect(leave).toHaveBeenCalledOnce();
  });
});
