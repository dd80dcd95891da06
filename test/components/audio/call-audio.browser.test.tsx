import * as React from "react";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, Suspense, useEffect, type ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  CallAudio,
  AudioOutputSelect,
  CallRoom,
  useCallAudio,
  useAudioOutputSelect,
  useLocalMedia,
  type Call,
  type LocalMedia,
} from "../../../src/index.ts";
import { callOf, deviceControl, media, participant } from "../../support/fixtures.ts";

const hasActivity = Boolean(React.Activity);
const cleanups: (() => void)[] = [];
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  for (const release of cleanups.splice(0)) release();
});

/** Creates the audio stream of a tone. */
function createAudioStream(): MediaStream {
  const audio = new AudioContext();
  cleanups.push(() => void audio.close());
  const output = audio.createMediaStreamDestination();
  const tone = audio.createOscillator();
  tone.connect(output);
  tone.start();
  return output.stream;
}

const show = (call: Call, sinkId?: string) => (
  <StrictMode>
    <CallAudio call={call} {...(sinkId !== undefined && { sinkId })} />
  </StrictMode>
);
/**
 * Simulates a browser with a slow setSinkId(). As in browsers, `sinkId` is the current speaker, and
 * setSinkId() with that speaker does nothing.
 */
function simulateSlowSinks() {
  const sinks = new WeakMap<HTMLMediaElement, string>();
  const pending: (() => void)[] = [];
  let failures = 0;
  let calls = 0;
  const sinkOf = (element: HTMLMediaElement) => sinks.get(element) ?? "";
  vi.spyOn(HTMLMediaElement.prototype, "sinkId", "get").mockImplementation(function get(
    this: HTMLMediaElement,
  ) {
    return sinkOf(this);
  });
  vi.spyOn(HTMLMediaElement.prototype, "setSinkId").mockImplementation(async function set(
    this: HTMLMediaElement,
    id: string,
  ) {
    if (sinkOf(this) === id) return;
    calls += 1;
    const fails = failures > 0;
    failures -= 1;
    await new Promise<void>((resolve) => {
      pending.push(resolve);
    });
    if (fails) throw new DOMException("Not yet.", "AbortError");
    sinks.set(this, id);
  });
  return {
    sinkOf,
    calls: () => calls,
    fail: (times: number) => void (failures = times),
    /** Resolves all pending calls. */
    async settle() {
      while (pending.length > 0) {
        pending.shift()!();
        await new Promise((resolve) => void setTimeout(resolve));
      }
    },
  };
}

const audios = () => [...document.querySelectorAll("audio")];

describe("CallAudio", () => {
  it("plays all participants on the selected speaker, also those who join later", async () => {
    const chosen = vi.spyOn(HTMLMediaElement.prototype, "setSinkId").mockResolvedValue();
    const [mina, tom] = ["mina", "tom"].map((id) =>
      participant({ id, stream: createAudioStream() }),
    );
    const { rerender } = render(show(callOf([mina!])));
    await waitFor(() => expect(audios()[0]?.paused).toBe(false));
    expect(chosen).not.toHaveBeenCalled();

    rerender(show(callOf([mina!]), "headphones"));
    expect(chosen.mock.contexts[0]).toBe(audios()[0]);
    expect(chosen).toHaveBeenLastCalledWith("headphones");
    rerender(show(callOf([mina!, tom!]), "headphones"));
    expect(chosen.mock.contexts.includes(audios()[1])).toBe(true);
    expect(chosen.mock.calls.every(([id]) => id === "headphones")).toBe(true);
  });

  it("does not play before the selected speaker is set", async () => {
    let arrived = () => {};
    vi.spyOn(HTMLMediaElement.prototype, "setSinkId").mockReturnValue(
      new Promise((resolve) => {
        arrived = resolve;
      }),
    );
    const stream = createAudioStream();
    render(show(callOf([participant({ stream })]), "headphones"));
    await Promise.resolve();
    expect(audios()[0]?.srcObject).toBeNull();
    arrived();
    await waitFor(() => expect(audios()[0]?.srcObject).toBe(stream));
  });

  it("uses the last selected speaker while an earlier change is pending", async () => {
    const browser = simulateSlowSinks();
    const call = callOf([participant({ stream: createAudioStream() })]);
    const { rerender } = render(show(call));
    rerender(show(call, "headphones"));
    // `sinkId` of the element is still the default, so a browser would ignore this call.
    rerender(show(call, ""));
    await browser.settle();
    expect(browser.sinkOf(audios()[0]!)).toBe("");
    rerender(show(call, "headphones"));
    await browser.settle();
    rerender(show(call, ""));
    rerender(show(call, "headphones"));
    await browser.settle();
    expect(browser.sinkOf(audios()[0]!)).toBe("headphones");
  });

  it("retries a speaker that cannot be used at once", async () => {
    const browser = simulateSlowSinks();
    browser.fail(1);
    const call = callOf([participant({ stream: createAudioStream() })]);
    const { rerender } = render(show(call));
    rerender(show(call, "headphones"));
    await browser.settle();
    expect(browser.sinkOf(audios()[0]!)).toBe("");
    await waitFor(() => expect(browser.calls()).toBe(2));
    await browser.settle();
    expect(browser.sinkOf(audios()[0]!)).toBe("headphones");
  });

  it("plays on the default speaker when the selected one is unplugged", async () => {
    const refused = vi
      .spyOn(HTMLMediaElement.prototype, "setSinkId")
      .mockRejectedValue(new DOMException("Gone.", "NotFoundError"));
    render(show(callOf([participant({ stream: createAudioStream() })]), "gone"));
    expect(refused).toHaveBeenCalled();
    await waitFor(() => expect(audios()[0]?.paused).toBe(false));
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("keeps its element when the connection is replaced", async () => {
    const [first, second] = [createAudioStream(), createAudioStream()];
    const { rerender } = render(show(callOf([participant({ stream: first })])));
    const [audio] = audios();
    await waitFor(() => expect(audio?.paused).toBe(false));
    rerender(show(callOf([participant({ stream: undefined })])));
    expect(audio?.srcObject).toBeNull();
    rerender(show(callOf([participant({ stream: second })])));
    expect(audio?.srcObject).toBe(second);
    await waitFor(() => expect(audio?.paused).toBe(false));
    expect(audios()).toHaveLength(1);
    expect(audios()[0]).toBe(audio);
  });

  describe.skipIf(!hasActivity)(
    `in an <Activity>${hasActivity ? "" : ` (React ${React.version} has none)`}`,
    () => {
      const hidable = (visible: boolean, call: Call) => (
        <StrictMode>
          <React.Activity mode={visible ? "visible" : "hidden"}>
            <CallAudio call={call} />
          </React.Activity>
        </StrictMode>
      );
      const playing = () =>
        audios().filter(({ srcObject, paused }) => srcObject !== null && !paused).length;

      it("plays nothing while hidden, and all participants when shown again", async () => {
        const [mina, tom] = ["mina", "tom"].map((id) =>
          participant({ id, stream: createAudioStream() }),
        );
        const { rerender } = render(hidable(true, callOf([mina!])));
        await waitFor(() => expect(playing()).toBe(1));
        rerender(hidable(false, callOf([mina!])));
        await waitFor(() => expect(audios()[0]?.srcObject).toBeNull());
        rerender(hidable(false, callOf([mina!, tom!])));
        await waitFor(() => expect(audios()).toHaveLength(2));
        expect(playing()).toBe(0);
        rerender(hidable(true, callOf([mina!, tom!])));
        await waitFor(() => expect(playing()).toBe(2));
      });

      it("keeps playing when it is hidden and shown within one task", async () => {
        const call = callOf([participant({ stream: createAudioStream() })]);
        const { rerender } = render(hidable(true, call));
        await waitFor(() => expect(playing()).toBe(1));
        act(() => {
          rerender(hidable(false, call));
          rerender(hidable(true, call));
        });
        await new Promise((resolve) => setTimeout(resolve));
        expect(playing()).toBe(1);
      });
    },
  );

  it("keeps playing while a Suspense boundary shows its fallback", async () => {
    const call = callOf([participant({ stream: createAudioStream() })]);
    let load = () => {};
    const loaded = new Promise<void>((resolve) => {
      load = resolve;
    });
    let waits = false;
    const Lazy = (): ReactNode => {
      if (waits) throw loaded;
      return null;
    };
    const page = () => (
      <Suspense fallback="Loading">
        <Lazy />
        <CallAudio call={call} />
      </Suspense>
    );
    const { rerender } = render(page());
    await waitFor(() => expect(audios()[0]?.paused).toBe(false));
    waits = true;
    rerender(page());
    await screen.findByText("Loading");
    await new Promise((resolve) => setTimeout(resolve));
    expect([audios()[0]?.srcObject !== null, audios()[0]?.paused]).toEqual([true, false]);
    waits = false;
    await act(async () => load());
    expect(audios()[0]?.paused).toBe(false);
  });

  it("useCallAudio reports blocked playback to custom markup", async () => {
    const play = vi
      .spyOn(HTMLMediaElement.prototype, "play")
      .mockRejectedValue(new DOMException("Not before a click.", "NotAllowedError"));
    function CustomAudio({ call }: { call: Call }) {
      const { blocked, voices } = useCallAudio(call);
      return (
        <p>
          {blocked ? "blocked" : "playing"}
          {voices.map(({ key, participant: { name }, audioProps }) => (
            // oxlint-disable-next-line jsx-a11y/media-has-caption -- live speech has no captions
            <audio key={key} {...audioProps} title={name} />
          ))}
        </p>
      );
    }
    render(
      <StrictMode>
        <CustomAudio call={callOf([participant({ name: "Mina", stream: createAudioStream() })])} />
      </StrictMode>,
    );
    await screen.findByText("blocked");
    play.mockRestore();
    act(() => document.body.click());
    await screen.findByText("playing");
    expect(audios()[0]?.title).toBe("Mina");
  });
});

function speaker(deviceId: string, label: string): MediaDeviceInfo {
  const info = { kind: "audiooutput" as const, deviceId, label, groupId: "" };
  return { ...info, toJSON: () => info };
}

/** Renders the select and the audio in separate places, as an application can. */
function SpeakerDemo({
  call,
  audioOutputs,
}: {
  call: Call;
  audioOutputs: LocalMedia["audioOutputs"];
}) {
  const audioOutput = useAudioOutputSelect({ audioOutputs });
  return (
    <>
      <AudioOutputSelect audioOutput={audioOutput} />
      <CallAudio call={call} sinkId={audioOutput.sinkId} />
    </>
  );
}

const select = () => screen.getByRole<HTMLSelectElement>("combobox", { name: "Speaker" });
const labels = () => [...select().options].map(({ label }) => label);
const choose = (value: string) => fireEvent.change(select(), { target: { value } });

describe("AudioOutputSelect", () => {
  const [system, builtIn, headset, nameless] = [
    speaker("default", "Default - Built-in speakers"),
    speaker("built-in", "Built-in speakers"),
    speaker("headset", "Headset"),
    speaker("third", ""),
  ] as const;

  it("in CallRoom, moves all audio to another speaker", async () => {
    let live: LocalMedia | undefined;
    const call = callOf([participant({ stream: createAudioStream() })], { status: "connected" });
    function App() {
      const state = useLocalMedia();
      useEffect(() => void (live = state));
      return <CallRoom call={call} media={state} />;
    }
    render(<App />);
    await waitFor(() => expect(live?.audioOutputs.length).toBeGreaterThan(1));
    fireEvent.click(screen.getByRole("button", { name: "Microphone settings" }));
    await waitFor(() => expect(select()).toHaveProperty("value", ""));
    const other = [...select().options].at(-1)!.value;
    choose(other);
    await waitFor(() => expect(audios().map(({ sinkId }) => sinkId)).toEqual([other]));
    choose("");
    await waitFor(() => expect(audios().map(({ sinkId }) => sinkId)).toEqual([""]));
  });

  it("keeps the speaker from the pre-join form in the call", async () => {
    const chosen = vi.spyOn(HTMLMediaElement.prototype, "setSinkId").mockResolvedValue();
    const on = deviceControl({ status: "on", devices: [speaker("one", "Microphone")] });
    const audioOutputs = [builtIn, headset];
    const state = media({ status: "live", microphone: on, camera: on, audioOutputs });
    const { rerender } = render(
      <CallRoom call={callOf([], { status: "idle" })} media={state} preJoin />,
    );
    expect(labels()).toEqual(["System default", "Built-in speakers", "Headset"]);
    choose("headset");
    expect(chosen).not.toHaveBeenCalled();
    const mina = participant({ stream: createAudioStream() });
    rerender(<CallRoom call={callOf([mina], { status: "connected" })} media={state} preJoin />);
    expect(chosen).toHaveBeenCalledWith("headset");
    await waitFor(() => expect(audios()[0]?.srcObject).toBe(mina.stream));
  });

  it("falls back to the default speaker while the selected one is unplugged", async () => {
    const browser = simulateSlowSinks();
    const call = callOf([participant({ stream: createAudioStream() })]);
    const all = [system, builtIn, headset, nameless];
    const playsOn = async () => {
      await browser.settle();
      return browser.sinkOf(audios()[0]!);
    };
    const { rerender } = render(<SpeakerDemo call={call} audioOutputs={all} />);
    expect(labels()).toEqual(["System default", "Built-in speakers", "Headset", "Speaker 3"]);
    choose("headset");
    expect(await playsOn()).toBe("headset");
    rerender(<SpeakerDemo call={call} audioOutputs={[system, builtIn]} />);
    expect(select().value).toBe("");
    expect(await playsOn()).toBe("");
    rerender(<SpeakerDemo call={call} audioOutputs={all} />);
    expect(select().value).toBe("headset");
    expect(await playsOn()).toBe("headset");
  });

  it("renders nothing without speakers or setSinkId", () => {
    const call = callOf([]);
    const { rerender } = render(<SpeakerDemo call={call} audioOutputs={[]} />);
    expect(screen.queryByRole("combobox")).toBeNull();
    const { prototype } = HTMLMediaElement;
    const known = Object.getOwnPropertyDescriptor(prototype, "setSinkId")!;
    cleanups.push(() => Object.defineProperty(prototype, "setSinkId", known));
    Reflect.deleteProperty(prototype, "setSinkId");
    rerender(<SpeakerDemo call={call} audioOutputs={[builtIn, headset]} />);
    expect(screen.queryByRole("combobox")).toBeNull();
  });
});
