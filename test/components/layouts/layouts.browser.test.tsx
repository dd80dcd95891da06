import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, useEffect, useState, type ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import "../../../src/components/styles/styles.css";
import { createStore } from "../../../src/core/lib/store.ts";
import {
  CallError,
  CallRoom,
  OneToOneLayout,
  PreJoin,
  SpeakerLayout,
  useActiveSpeaker,
  useCall,
  useLocalMedia,
  useSelfView,
  useSpotlight,
  useStore,
  VideoGrid,
  type Call,
  type CallRoomProps,
  type LocalMedia,
  type Participant,
  type Signaling,
  type Spotlight,
} from "../../../src/index.ts";
import { memorySignaling, simulateCall, type Simulation } from "../../../src/testing/index.ts";
import { callOf, media, participant } from "../../support/fixtures.ts";
import { opened } from "../../support/browser/media-support.ts";

afterEach(async () => {
  cleanup();
  vi.restoreAllMocks();
  await expect.poll(() => opened.liveTracks().length).toBe(0);
});

/** As numbers, because `toEqual` does not compare the values of two DOMRect objects. */
const rectOf = (element: Element): unknown => element.getBoundingClientRect().toJSON();
const show = (node: ReactNode) => render(<StrictMode>{node}</StrictMode>);
const someone = (id: string, changes: Partial<Participant> = {}) =>
  participant({ id, name: id[0]!.toUpperCase() + id.slice(1), ...changes });
const [mina, tom, noor] = [someone("mina"), someone("tom"), someone("noor")];
const button = (name: string | RegExp) => screen.getByRole("button", { name });
const videosOf = (container: HTMLElement) => [...container.querySelectorAll("video")];

/** Renders a layout with a showSimulated call. */
function showSimulated(simulation: Simulation, layout: (call: Call) => ReactNode) {
  function Page() {
    return layout(useStore(simulation.call));
  }
  return show(<Page />);
}

describe("mirroring", () => {
  const call = callOf([mina], {
    self: participant({ id: "self", name: "Me", isSelf: true, facingMode: "environment" }),
  });
  const tiles = (): unknown =>
    Object.fromEntries(
      screen
        .getAllByRole("figure")
        .map(({ dataset, ariaLabel }) => [ariaLabel, dataset["mirrored"]]),
    );

  it.each([
    ["VideoGrid", VideoGrid],
    ["SpeakerLayout", SpeakerLayout],
    ["OneToOneLayout", OneToOneLayout],
  ] as const)("follows the camera, or the prop, in %s", (_name, Layout) => {
    const { rerender } = render(<Layout call={call} />);
    expect(tiles()).toEqual({ Mina: "false", "Me (you)": "false" });
    rerender(<Layout call={call} mirrored />);
    expect(tiles()).toEqual({ Mina: "false", "Me (you)": "true" });
  });

  it("follows a switch to the rear camera and back", async () => {
    vi.spyOn(MediaStreamTrack.prototype, "getSettings").mockImplementation(function (
      this: MediaStreamTrack,
    ) {
      const facingMode = this === rear ? "environment" : "user";
      return { deviceId: facingMode, ...(this.kind === "video" && { facingMode }) };
    });
    let rear: MediaStreamTrack | undefined;
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    vi.spyOn(navigator.mediaDevices, "getUserMedia").mockImplementation(async (constraints) => {
      const requested = JSON.stringify(constraints?.video);
      const stream = await ask({ ...constraints, video: constraints?.video !== undefined });
      if (requested?.includes("environment")) [rear] = stream.getVideoTracks();
      return stream;
    });
    let local: LocalMedia;
    function Page() {
      const state = useLocalMedia();
      const calling = useCall({ room: "mirror", media: state, signaling: memory });
      useEffect(() => {
        local = state;
      });
      return (
        <>
          <PreJoin media={state} name="Pre" onJoin={() => {}} />
          <VideoGrid call={calling} />
        </>
      );
    }
    const memory = memorySignaling();
    show(<Page />);
    await waitFor(() => expect(local.status).toBe("live"));
    await waitFor(() => expect(tiles()).toEqual({ "Pre (you)": "true", "Guest (you)": "true" }));
    await local!.camera.select("environment");
    await waitFor(() => expect(tiles()).toEqual({ "Pre (you)": "false", "Guest (you)": "false" }));
    await local!.camera.select("user");
    await waitFor(() => expect(tiles()).toEqual({ "Pre (you)": "true", "Guest (you)": "true" }));
  });
});

describe("useSpotlight", () => {
  let spotlight: Spotlight;
  function Page({ call }: { call: Call }) {
    const found = useSpotlight(call);
    return (
      <span ref={() => void (spotlight = found)}>{`${found.reason} ${found.spotlight.key}`}</span>
    );
  }
  const page = (...people: Participant[]) => (
    <StrictMode>
      <Page call={callOf(people)} />
    </StrictMode>
  );
  const share = (person: Participant) => ({ ...person, screen: new MediaStream() });

  it("selects the local participant, the first remote one, or a shared screen", () => {
    const { container, rerender } = render(page());
    const text = () => container.textContent;
    expect(text()).toBe("self camera self");
    rerender(page(mina, tom));
    expect(text()).toBe("first camera mina");
    rerender(page(mina, share(tom)));
    expect(text()).toBe("screen screen tom");
    expect(spotlight.others.map(({ key }) => key)).toEqual([
      "camera mina",
      "camera tom",
      "camera self",
    ]);
  });

  it("selects the latest of two screens, and the other when it ends", () => {
    const { container, rerender } = render(page(mina, share(tom)));
    rerender(page(share(mina), share(tom)));
    expect(container.textContent).toBe("screen screen mina");
    rerender(page(mina, share(tom)));
    expect(container.textContent).toBe("screen screen tom");
    rerender(page(share(mina), share(tom)));
    expect(container.textContent).toBe("screen screen mina");
  });

  it("does not select the local screen", () => {
    const call = callOf([mina]);
    const { container } = show(<Page call={{ ...call, self: share(call.self) }} />);
    expect(container.textContent).toBe("first camera mina");
    expect(spotlight.others.map(({ key }) => key)).toContain("screen self");
  });

  it("selects the pinned tile until it is unpinned or gone", () => {
    const { container, rerender } = render(page(mina, tom, share(noor)));
    act(() => spotlight.pin("tom"));
    expect(container.textContent).toBe("pinned camera tom");
    act(() => spotlight.unpin());
    expect(container.textContent).toBe("screen screen noor");
    act(() => spotlight.pin("tom"));
    rerender(page(mina));
    expect(container.textContent).toBe("first camera mina");
    expect(spotlight.pinned).toBeUndefined();
    rerender(page(mina, tom));
    expect(container.textContent).toBe("first camera mina");
  });

  it("unpins a screen that is no longer shared", () => {
    const { container, rerender } = render(page(mina, share(tom)));
    act(() => spotlight.pin("tom", "screen"));
    expect(container.textContent).toBe("pinned screen tom");
    rerender(page(mina, tom));
    expect(container.textContent).toBe("first camera mina");
  });
});

describe("useActiveSpeaker", () => {
  it("renders when the speaker changes, and not for each audio level", async () => {
    const [minas, toms] = [createStore(0), createStore(0)];
    const people = [someone("mina", { level: minas }), someone("tom", { level: toms })];
    const rendered = vi.fn<(speaker?: string) => void>();
    function Page() {
      const speaker = useActiveSpeaker(people);
      useEffect(() => rendered(speaker?.id));
      return null;
    }
    render(<Page />);
    rendered.mockClear();
    const timer = setInterval(() => {
      minas.set(0.2 + Math.random() / 10);
      toms.set(Math.random() / 100);
    }, 33);
    await expect.poll(() => rendered.mock.lastCall).toEqual(["mina"]);
    clearInterval(timer);
    expect(rendered).toHaveBeenCalledOnce();
  });
});

describe("SpeakerLayout", () => {
  it("keeps all video elements when the speaker changes, a screen is shared and a participant joins", async () => {
    const simulation = simulateCall({
      participants: [{ id: "mina" }, { id: "tom" }, { id: "noor" }],
      sound: false,
    });
    const { container } = showSimulated(simulation, (call) => <SpeakerLayout call={call} />);
    const large = () => container.querySelector<HTMLVideoElement>("[data-place=large] video");
    const videos = videosOf(container);
    await expect.poll(() => videos.every(({ readyState }) => readyState > 1)).toBe(true);
    const emptied = vi.fn<() => void>();
    for (const video of videos) {
      video.addEventListener("emptied", emptied);
      video.addEventListener("pause", emptied);
    }
    expect(large()).toBe(videos[0]);

    act(() => simulation.speak("noor"));
    await expect.poll(large).toBe(videos[2]);
    act(() => simulation.share("tom"));
    expect(large()?.closest("figure")?.dataset["source"]).toBe("screen");
    act(() => void simulation.join({ id: "yuki" }));
    act(() => simulation.share("tom", false));
    await expect.poll(large).toBe(videos[2]);
    expect(videosOf(container)).toEqual([...videos.slice(0, 3), expect.anything(), videos[3]]);
    expect(emptied).not.toHaveBeenCalled();
  });

  it("pins on a click and keeps the focus on the button", async () => {
    const { container } = show(<SpeakerLayout call={callOf([mina, tom])} />);
    const pin = button("Pin Tom");
    await userEvent.click(pin);
    expect(pin.getAttribute("aria-pressed")).toBe("true");
    expect(pin.closest("[data-place]")?.getAttribute("data-place")).toBe("large");
    expect(container.querySelectorAll("[data-pinned=true]")).toHaveLength(2);
    expect(document.activeElement).toBe(pin);
    await userEvent.click(pin);
    expect(pin.getAttribute("aria-pressed")).toBe("false");
    expect(button("Pin Mina").closest("[data-place]")?.getAttribute("data-place")).toBe("large");
  });

  it("fills its container and scrolls only the strip, wide and narrow", () => {
    const people = Array.from({ length: 9 }, (_, index) => someone(`person-${index}`));
    for (const inlineSize of [900, 320]) {
      const { container, unmount } = show(
        <div style={{ inlineSize, blockSize: 400 }}>
          <SpeakerLayout call={callOf(people)} />
        </div>,
      );
      const strip = container.querySelector("[data-twocan=speaker-layout-strip]")!;
      const large = container.querySelector("[data-place=large]")!;
      const before = rectOf(large);
      expect(container.querySelector("section")!.getBoundingClientRect().height).toBe(400);
      strip.scrollTo({ left: 10_000, top: 10_000, behavior: "instant" });
      expect(strip.scrollTop + strip.scrollLeft).toBeGreaterThan(100);
      expect(rectOf(large)).toEqual(before);
      unmount();
    }
  });
});

describe("OneToOneLayout", () => {
  const pair = (...people: Participant[]) => (
    <StrictMode>
      <div data-testid="box" style={{ inlineSize: 640, blockSize: 400 }}>
        <OneToOneLayout call={callOf(people)} />
      </div>
    </StrictMode>
  );
  const handle = () => button(/^Small picture/);
  const stage = () => document.querySelector<HTMLElement>("[data-twocan=one-to-one-stage]")!;
  const placeOf = (selector: string) =>
    document.querySelector(`${selector}[data-place]`)?.getAttribute("data-place");

  it("moves the small tile to another corner by dragging, without a swap", async () => {
    const { container } = render(pair(mina));
    const small = container.querySelector("[data-place=small]")!;
    const box = stage().getBoundingClientRect();
    expect(small.getBoundingClientRect().right).toBeCloseTo(box.right - 12, 0);
    await userEvent.dragAndDrop(handle(), stage(), { targetPosition: { x: 60, y: 60 } });
    expect(stage().dataset["corner"]).toBe("top-start");
    expect(stage().dataset["dragging"]).toBe("false");
    await waitFor(() => expect(small.getBoundingClientRect().left).toBeCloseTo(box.left + 12, 0));
    expect(small.getBoundingClientRect().top).toBeCloseTo(box.top + 12, 0);
    await waitFor(() => expect(rectOf(handle())).toEqual(rectOf(small)));
    expect(placeOf("[data-self=true]")).toBe("small");
  });

  it("moves the small tile after a drag that ends before a frame is rendered", () => {
    render(pair(mina));
    vi.spyOn(handle(), "setPointerCapture").mockReturnValue();
    const { left, top } = handle().getBoundingClientRect();
    const box = stage().getBoundingClientRect();
    const point = (type: string, clientX: number, clientY: number) =>
      handle().dispatchEvent(new PointerEvent(type, { bubbles: true, clientX, clientY }));
    act(() => {
      point("pointerdown", left + 5, top + 5);
      point("pointermove", box.left + 30, box.top + 30);
      point("pointerup", box.left + 30, box.top + 30);
    });
    expect(stage().dataset["corner"]).toBe("top-start");
  });

  it("keeps the small tile inside when the container shrinks", async () => {
    render(pair(mina));
    screen.getByTestId("box").style.inlineSize = "320px";
    screen.getByTestId("box").style.blockSize = "240px";
    const inside = () => {
      const [box, small] = [stage(), handle()].map((one) => one.getBoundingClientRect());
      return small!.left > box!.left && small!.right < box!.right && small!.bottom < box!.bottom;
    };
    await waitFor(() => expect(inside()).toBe(true));
  });

  it("swaps on a click or a double click, and keeps the elements and the focus", async () => {
    const { container } = render(pair(mina));
    const videos = videosOf(container);
    await userEvent.click(handle());
    expect(placeOf("[data-self=true]")).toBe("large");
    await userEvent.keyboard("{Enter}");
    expect(placeOf("[data-self=true]")).toBe("small");
    await userEvent.dblClick(handle());
    expect(placeOf("[data-self=true]")).toBe("large");
    expect(document.activeElement).toBe(handle());
    expect(videosOf(container)).toEqual(videos);
  });

  it("shows the local participant large while alone, and both cameras small beside a remote screen", () => {
    const { rerender } = render(pair());
    expect(placeOf("[data-self=true]")).toBe("large");
    expect(screen.queryByRole("button")).toBeNull();
    rerender(pair({ ...mina, screen: new MediaStream() }));
    expect(placeOf("[data-source=screen]")).toBe("large");
    expect(document.querySelectorAll("[data-place=small]")).toHaveLength(2);
    const [remote, local] = [...document.querySelectorAll("[data-place=small]")].map((tile) =>
      tile.getBoundingClientRect(),
    );
    expect(remote!.right).toBeLessThan(local!.left);
  });

  it("becomes a SpeakerLayout when a third participant joins", () => {
    const { rerender } = render(pair(mina));
    rerender(pair(mina, tom));
    expect(document.querySelector("[data-twocan=speaker-layout]")).not.toBeNull();
    expect(screen.getAllByRole("figure")).toHaveLength(3);
  });

  it("useSelfView moves a custom element with keys and moveTo()", async () => {
    function CustomSelfView() {
      const { selfViewProps, corner, moveTo } = useSelfView("top-start");
      return (
        <>
          <button type="button" {...selfViewProps}>
            {corner}
          </button>
          <button type="button" onClick={() => moveTo("bottom-end")}>
            Away
          </button>
        </>
      );
    }
    show(<CustomSelfView />);
    await userEvent.click(button("Away"));
    button("bottom-end").focus();
    await userEvent.keyboard("{ArrowLeft}{ArrowUp}");
    expect(button("top-start")).toBe(document.activeElement);
  });
});

describe("CallRoom", () => {
  const room = () => document.querySelector<HTMLElement>("[data-twocan=call-room]")!;
  const step = () => room().dataset["step"];

  /** Renders a room that creates its call. */
  function showRoom(props: Partial<Extract<CallRoomProps, { room: string }>> = {}) {
    function Page() {
      const [signaling] = useState<Signaling>(() => memorySignaling());
      return <CallRoom room="standup" signaling={signaling} iceServers={[]} {...props} />;
    }
    return show(<Page />);
  }

  it("opens no permission prompt before a click, joins under the entered name, and stops the camera after leaving", async () => {
    const [prompts, onLeave] = [opened.prompts(), vi.fn<() => void>()];
    vi.spyOn(navigator.permissions, "query").mockRejectedValue(new TypeError("Not supported."));
    showRoom({ onLeave });
    expect(step()).toBe("pre-join");
    expect(opened.prompts()).toBe(prompts);
    await userEvent.click(button("Allow camera and microphone"));
    await expect.poll(() => opened.liveTracks().length).toBe(2);
    await userEvent.fill(screen.getByRole("textbox"), "Mina");
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => room().dataset["status"]).toBe("waiting");
    expect(screen.getByRole("figure", { name: "Mina (you)" })).toBeDefined();
    expect(document.activeElement).toBe(screen.getByRole("region", { name: "Participants" }));

    await userEvent.click(button("Leave the call"));
    await expect.poll(() => step()).toBe("left");
    // The status changes at once. `onLeave` is called after signaling has left the room.
    await waitFor(() => expect(onLeave).toHaveBeenCalledOnce());
    await expect.poll(() => opened.liveTracks().length).toBe(0);
    expect(document.activeElement).toBe(button("Join again"));

    await userEvent.keyboard("{Enter}");
    await expect.poll(() => room().dataset["status"]).toBe("waiting");
    expect(opened.liveTracks()).toHaveLength(2);
    expect(opened.prompts()).toBe(prompts + 2);
  });

  it("joins at once with preJoin={false}, and requests the devices then", async () => {
    const prompts = opened.prompts();
    showRoom({ preJoin: false, name: "Mina" });
    await expect.poll(() => room().dataset["status"]).toBe("waiting");
    expect(opened.prompts()).toBe(prompts + 1);
    expect(step()).toBe("call");
  });

  it("does not take the focus from another element of the page", async () => {
    const { container } = render(<input aria-label="Chat" />);
    const simulation = simulateCall({ sound: false });
    showSimulated(simulation, (call) => <CallRoom call={call} media={media()} />);
    container.querySelector("input")!.focus();
    act(() => simulation.status("left"));
    expect(button("Join again")).toBeDefined();
    expect(document.activeElement).toBe(container.querySelector("input"));
  });

  it("shows the remedy when joining fails, and tries again on a click", async () => {
    const working = memorySignaling();
    let broken = true;
    let tries = 0;
    const signaling: Signaling = {
      join(options) {
        tries += 1;
        return broken
          ? Promise.reject(new CallError("signaling-denied", "Refused by the test."))
          : working.join(options);
      },
    };
    showRoom({ preJoin: false, media: media(), signaling });
    await expect.poll(() => step()).toBe("failed");
    expect(screen.getByRole("alert").textContent).toContain("ask for an invitation");
    expect(document.activeElement).toBe(button("Try again"));
    const before = tries;
    await userEvent.keyboard("{Enter}");
    await expect.poll(() => tries).toBe(before + 1);
    // During the retry the call is shown, which contains a button with the same name.
    await waitFor(() => {
      expect(step()).toBe("failed");
      expect(document.activeElement).toBe(button("Try again"));
    });
    broken = false;
    await userEvent.click(button("Try again"));
    await expect.poll(() => room().dataset["status"]).toBe("waiting");
  });

  it("leaves and rejoins for an unreachable participant, without showing the step in between", async () => {
    const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
    const done: string[] = [];
    const store = createStore<Call>(
      callOf([{ ...mina, status: "failed" }], {
        status: "failed",
        leave: async () => {
          done.push("left");
          store.set({ ...store.getSnapshot(), status: "left", participants: [] });
          await pause();
        },
        join: async () => {
          done.push("joined");
          store.set({ ...store.getSnapshot(), status: "joining" });
          await pause();
          store.set({ ...store.getSnapshot(), status: "connected", participants: [mina] });
        },
      }),
    );
    const steps: (string | undefined)[] = [];
    function Page() {
      return (
        <CallRoom
          ref={() =>
            void steps.push(
              document.querySelector("[data-step]")?.getAttribute("data-step") ?? undefined,
            )
          }
          call={useStore(store)}
          media={media()}
        />
      );
    }
    show(<Page />);
    await userEvent.click(button("Try again"));
    await expect.poll(() => room().dataset["status"]).toBe("connected");
    expect(done).toEqual(["left", "joined"]);
    expect(new Set(steps)).toEqual(new Set(["call"]));
  });

  it("selects the layout by participants and screens, without a pause of the audio", async () => {
    const simulation = simulateCall({ participants: [{ id: "mina" }] });
    const { container } = showSimulated(simulation, (call) => (
      <CallRoom call={call} media={media()} />
    ));
    const view = () => room().dataset["view"];
    const audio = container.querySelector("audio")!;
    await waitFor(() => expect(audio.paused).toBe(false));
    const paused = vi.fn<() => void>();
    audio.addEventListener("pause", paused);

    expect(view()).toBe("one-to-one");
    act(() => void simulation.join({ id: "tom" }));
    expect(view()).toBe("grid");
    act(() => simulation.share("tom"));
    expect(view()).toBe("speaker");
    act(() => simulation.share("tom", false));
    expect(view()).toBe("grid");
    const chooser = button("Speaker view");
    await userEvent.click(chooser);
    expect([view(), chooser.getAttribute("aria-pressed")]).toEqual(["speaker", "true"]);
    act(() => simulation.leave("tom"));
    expect(view()).toBe("one-to-one");

    expect(container.querySelectorAll("audio")).toHaveLength(1);
    expect(container.querySelector("audio")).toBe(audio);
    expect(paused).not.toHaveBeenCalled();
  });

  it("is as high as its container, otherwise as the window", () => {
    const call = callOf([mina, tom]);
    const heightIn = (blockSize?: number) => {
      const { unmount } = show(
        <div style={{ blockSize }}>
          <CallRoom call={call} media={media()} />
        </div>,
      );
      const { height } = room().getBoundingClientRect();
      unmount();
      return height;
    };
    expect(heightIn(320)).toBe(320);
    expect(heightIn()).toBe(window.innerHeight);
  });
});
