/** The voices of a call: on which speaker they play, and in whose markup. */
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
const endings: (() => void)[] = [];
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  for (const end of endings.splice(0)) end();
});

function voice(): MediaStream {
  const audio = new AudioContext();
  endings.push(() => void audio.close());
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
/** A browser whose speakers take their time: `sinkId` is what is done, and who asks for that is told so at once. */
function slowBrowser() {
  const sinks = new WeakMap<HTMLMediaElement, string>();
  const under: (() => void)[] = [];
  let refusals = 0;
  let asked = 0;
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
    asked += 1;
    const refused = refusals > 0;
    refusals -= 1;
    await new Promise<void>((resolve) => {
      under.push(resolve);
    });
    if (refused) throw new DOMException("Not yet.", "AbortError");
    sinks.set(this, id);
  });
  return {
    sinkOf,
    asked: () => asked,
    refuse: (times: number) => void (refusals = times),
    /** Until nothing is under way any more. */
    async settle() {
      while (under.length > 0) {
        under.shift()!();
        await new Promise((resolve) => void setTimeout(resolve));
      }
    },
  };
}

const audios = () => [...document.querySelectorAll("audio")];

describe("the voices", () => {
  it("play on the speaker that was chosen, those who join later too", async () => {
    const chosen = vi.spyOn(HTMLMediaElement.prototype, "setSinkId").mockResolvedValue();
    const [mina, tom] = ["mina", "tom"].map((id) => participant({ id, stream: voice() }));
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

  it("are heard nowhere before they are heard on the right one", async () => {
    let arrived = () => {};
    vi.spyOn(HTMLMediaElement.prototype, "setSinkId").mockReturnValue(
      new Promise((resolve) => {
        arrived = resolve;
      }),
    );
    const stream = voice();
    render(show(callOf([participant({ stream })]), "headphones"));
    await Promise.resolve();
    expect(audios()[0]?.srcObject).toBeNull();
    arrived();
    await waitFor(() => expect(audios()[0]?.srcObject).toBe(stream));
  });

  it("go where the last wish says, however long the one before takes", async () => {
    const browser = slowBrowser();
    const call = callOf([participant({ stream: voice() })]);
    const { rerender } = render(show(call));
    rerender(show(call, "headphones"));
    // As far as an element knows it is still there, so a browser would do nothing.
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

  it("go to a speaker that could not be used at once", async () => {
    const browser = slowBrowser();
    browser.refuse(1);
    const call = callOf([participant({ stream: voice() })]);
    const { rerender } = render(show(call));
    rerender(show(call, "headphones"));
    await browser.settle();
    expect(browser.sinkOf(audios()[0]!)).toBe("");
    await waitFor(() => expect(browser.asked()).toBe(2));
    await browser.settle();
    expect(browser.sinkOf(audios()[0]!)).toBe("headphones");
  });

  it("play on where they did, when the chosen speaker is gone", async () => {
    const refused = vi
      .spyOn(HTMLMediaElement.prototype, "setSinkId")
      .mockRejectedValue(new DOMException("Gone.", "NotFoundError"));
    render(show(callOf([participant({ stream: voice() })]), "gone"));
    expect(refused).toHaveBeenCalled();
    await waitFor(() => expect(audios()[0]?.paused).toBe(false));
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("go on in the same element when a connection is made anew", async () => {
    const [first, second] = [voice(), voice()];
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

      it("are silent while it is hidden, and all play when it is shown again", async () => {
        const [mina, tom] = ["mina", "tom"].map((id) => participant({ id, stream: voice() }));
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

      it("go on where it is hidden and shown again within one task", async () => {
        const call = callOf([participant({ stream: voice() })]);
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

  it("go on while a Suspense boundary around them shows its fallback", async () => {
    const call = callOf([participant({ stream: voice() })]);
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

  it("can be played with markup of one's own, which says when a click is wanted", async () => {
    const play = vi
      .spyOn(HTMLMediaElement.prototype, "play")
      .mockRejectedValue(new DOMException("Not before a click.", "NotAllowedError"));
    function Mine({ call }: { call: Call }) {
      const { blocked, voices } = useCallAudio(call);
      return (
        <p>
          {blocked ? "silent" : "aloud"}
          {voices.map(({ key, participant: { name }, audioProps }) => (
            // oxlint-disable-next-line jsx-a11y/media-has-caption -- a live voice has no captions
            <audio key={key} {...audioProps} title={name} />
          ))}
        </p>
      );
    }
    render(
      <StrictMode>
        <Mine call={callOf([participant({ stream: voice() })])} />
      </StrictMode>,
    );
    await screen.findByText("silent");
    play.mockRestore();
    act(() => document.body.click());
    await screen.findByText("aloud");
    expect(audios()[0]?.title).toBe("Somebody");
  });
});

function speaker(deviceId: string, label: string): MediaDeviceInfo {
  const info = { kind: "audiooutput" as const, deviceId, label, groupId: "" };
  return { ...info, toJSON: () => info };
}

/** An application with the choice and the voices, each in its own place. */
function Choosing({
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

const choice = () => screen.getByRole<HTMLSelectElement>("combobox", { name: "Speaker" });
const choices = () => [...choice().options].map(({ label }) => label);
const choose = (value: string) => fireEvent.change(choice(), { target: { value } });

describe("the choice of the speaker", () => {
  const [system, builtIn, headset, nameless] = [
    speaker("default", "Default - Built-in speakers"),
    speaker("built-in", "Built-in speakers"),
    speaker("headset", "Headset"),
    speaker("third", ""),
  ] as const;

  it("beside the microphone of a whole call moves every voice, in the browser itself", async () => {
    let live: LocalMedia | undefined;
    const call = callOf([participant({ stream: voice() })], { status: "connected" });
    function App() {
      const state = useLocalMedia();
      useEffect(() => void (live = state));
      return <CallRoom call={call} media={state} />;
    }
    render(<App />);
    await waitFor(() => expect(live?.audioOutputs.length).toBeGreaterThan(1));
    fireEvent.click(screen.getByRole("button", { name: "Microphone settings" }));
    await waitFor(() => expect(choice()).toHaveProperty("value", ""));
    const other = [...choice().options].at(-1)!.value;
    choose(other);
    await waitFor(() => expect(audios().map(({ sinkId }) => sinkId)).toEqual([other]));
    choose("");
    await waitFor(() => expect(audios().map(({ sinkId }) => sinkId)).toEqual([""]));
  });

  it("made on the way in holds in the call", async () => {
    const chosen = vi.spyOn(HTMLMediaElement.prototype, "setSinkId").mockResolvedValue();
    const on = deviceControl({ status: "on", devices: [speaker("one", "Microphone")] });
    const audioOutputs = [builtIn, headset];
    const state = media({ status: "live", microphone: on, camera: on, audioOutputs });
    const { rerender } = render(
      <CallRoom call={callOf([], { status: "idle" })} media={state} preJoin />,
    );
    expect(choices()).toEqual(["System default", "Built-in speakers", "Headset"]);
    choose("headset");
    expect(chosen).not.toHaveBeenCalled();
    const mina = participant({ stream: voice() });
    rerender(<CallRoom call={callOf([mina], { status: "connected" })} media={state} preJoin />);
    expect(chosen).toHaveBeenCalledWith("headset");
    await waitFor(() => expect(audios()[0]?.srcObject).toBe(mina.stream));
  });

  it("gives way to the system's own while the chosen one is unplugged", async () => {
    const browser = slowBrowser();
    const call = callOf([participant({ stream: voice() })]);
    const all = [system, builtIn, headset, nameless];
    const heardOn = async () => {
      await browser.settle();
      return browser.sinkOf(audios()[0]!);
    };
    const { rerender } = render(<Choosing call={call} audioOutputs={all} />);
    expect(choices()).toEqual(["System default", "Built-in speakers", "Headset", "Speaker 3"]);
    choose("headset");
    expect(await heardOn()).toBe("headset");
    rerender(<Choosing call={call} audioOutputs={[system, builtIn]} />);
    expect(choice().value).toBe("");
    expect(await heardOn()).toBe("");
    rerender(<Choosing call={call} audioOutputs={all} />);
    expect(choice().value).toBe("headset");
    expect(await heardOn()).toBe("headset");
  });

  it("is not there where the browser leaves none", () => {
    const call = callOf([]);
    const { rerender } = render(<Choosing call={call} audioOutputs={[]} />);
    expect(screen.queryByRole("combobox")).toBeNull();
    const { prototype } = HTMLMediaElement;
    const known = Object.getOwnPropertyDescriptor(prototype, "setSinkId")!;
    endings.push(() => Object.defineProperty(prototype, "setSinkId", known));
    Reflect.deleteProperty(prototype, "setSinkId");
    rerender(<Choosing call={call} audioOutputs={[builtIn, headset]} />);
    expect(screen.queryByRole("combobox")).toBeNull();
  });
});
