import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  CallAnnouncer,
  CallError,
  ConnectionBadge,
  ConnectionBanner,
  VideoGrid,
  type Call,
  type LocalMedia,
  type Participant,
} from "../../../src/index.ts";
import { simulateCall } from "../../../src/testing/index.ts";
import { callOf, deviceControl, media, participant } from "../../support/fixtures.ts";

const mina = participant({ id: "mina", name: "Mina" });
const jonas = participant({ id: "jonas", name: "Jonas" });
const lost = (person: Participant): Participant => ({ ...person, status: "reconnecting" });
const inStrictMode = (node: ReactNode) => <StrictMode>{node}</StrictMode>;

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

describe("ConnectionBanner", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  const advance = (ms: number) => act(() => void vi.advanceTimersByTime(ms));
  /** Renders the banner. `update` renders it with another call. */
  function show(first: Call, devices?: LocalMedia) {
    const banner = (call: Call) => inStrictMode(<ConnectionBanner call={call} media={devices} />);
    const { container, rerender } = render(banner(first));
    const element = container.querySelector<HTMLElement>("[data-twocan='connection-banner']")!;
    return { element, update: (call: Call) => rerender(banner(call)) };
  }

  it("shows nothing and takes no space while there is no problem", () => {
    const { element } = show(callOf([mina]), media());
    advance(5_000);
    expect(element.textContent).toBe("");
    expect(element.offsetHeight).toBe(0);
  });

  it("does not show a problem that passes within 800 ms", () => {
    const { element, update } = show(callOf([mina]));
    update(callOf([lost(mina)]));
    advance(700);
    expect(element.textContent).toBe("");
    update(callOf([mina]));
    advance(5_000);
    expect(element.textContent).toBe("");
  });

  it("names the participant it reconnects to after 800 ms, and hides at once on recovery", () => {
    const { element, update } = show(callOf([mina, jonas]));
    update(callOf([lost(mina), jonas]));
    advance(1_000);
    expect(screen.getByRole("status").textContent).toBe("Reconnecting to Mina…");
    update(callOf([mina, jonas]));
    expect(element.textContent).toBe("");
  });

  it("reports the local connection when all participants are lost", () => {
    show(callOf([lost(mina), lost(jonas)], { status: "reconnecting" }));
    advance(1_000);
    expect(screen.getByRole("status").textContent).toContain("The connection was lost");
  });

  it("reports that the page is offline rather than the lost connections", () => {
    const { element } = show(callOf([lost(mina)]));
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    act(() => void window.dispatchEvent(new Event("offline")));
    advance(1_000);
    expect(element.dataset["kind"]).toBe("offline");
    vi.restoreAllMocks();
    act(() => void window.dispatchEvent(new Event("online")));
    expect(element.dataset["kind"]).toBe("reconnecting");
  });

  it("reports lost signaling while the call continues", () => {
    const call = { ...callOf([mina]), signaling: "disconnected" as const };
    const { element } = show(call);
    advance(1_000);
    expect(element.dataset["kind"]).toBe("signaling");
  });

  it("reports an unreachable call service while the call keeps trying to join, and retries on a click", () => {
    const error = new CallError("signaling-unavailable", "Out of reach.");
    const join = vi.fn(async () => {});
    const { update } = show(callOf([], { status: "joining", join }));
    advance(1_000);
    expect(screen.getByRole("status").textContent).toBe("");
    update(callOf([], { status: "joining", error, join }));
    advance(1_000);
    expect(screen.getByRole("status").textContent).toBe(
      "Can’t reach the call service. Trying again…",
    );
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(join).toHaveBeenCalledOnce();
    update(callOf([], { status: "waiting" }));
    expect(screen.getByRole("status").textContent).toBe("");
  });

  it("reports after 3 s that the call service is not answering yet, before an attempt has failed", () => {
    const { element, update } = show(callOf([], { status: "joining" }));
    advance(2_900);
    expect(element.textContent).toBe("");
    advance(200);
    expect(screen.getByRole("status").textContent).toBe(
      "The call service is not answering yet. Still trying…",
    );
    expect(element.dataset["kind"]).toBe("signaling");
    expect(screen.queryByRole("button")).toBeNull();
    // A failed attempt replaces the text at once.
    const error = new CallError("signaling-unavailable", "Out of reach.");
    update(callOf([], { status: "joining", error }));
    expect(screen.getByRole("status").textContent).toContain("Can’t reach the call service");
    update(callOf([], { status: "waiting" }));
    expect(element.textContent).toBe("");
  });

  it("does not report the call service while the permission prompt is open", () => {
    const { element } = show(callOf([], { status: "joining" }), media({ status: "prompting" }));
    advance(10_000);
    expect(element.textContent).toBe("");
  });

  it("announces a failed call at once, and joins again on a click", () => {
    const error = new CallError("signaling-unavailable", "Out of reach.");
    const [join, leave] = [vi.fn(async () => {}), vi.fn(async () => {})];
    show(callOf([], { status: "failed", error, join, leave }));
    expect(screen.getByRole("alert").textContent).toContain("call service cannot be reached");
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(join).toHaveBeenCalledOnce();
    expect(leave).not.toHaveBeenCalled();
  });

  it("leaves the room before joining again when no participant is reachable", async () => {
    const order: string[] = [];
    const failed = { ...mina, status: "failed" } as const;
    show(
      callOf([failed], {
        status: "failed",
        join: async () => void order.push("join"),
        leave: async () => void order.push("leave"),
      }),
    );
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    await vi.waitFor(() => expect(order).toEqual(["leave", "join"]), { timeout: 15_000 });
  });

  it("announces an inaudible microphone at once, and restarts the media on a click", () => {
    const error = new CallError("device-busy", "Busy.");
    const start = vi.fn(async () => {});
    const microphone = deviceControl({ status: "busy", error });
    show(callOf([mina]), media({ microphone, start }));
    expect(screen.getByRole("alert").textContent).toContain("microphone is in use by another app");
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(start).toHaveBeenCalledOnce();
  });

  it("stays dismissed for a missing camera until there is another problem", () => {
    const error = new CallError("device-missing", "None.");
    const missing = deviceControl({ status: "missing", error });
    const { rerender } = render(
      inStrictMode(<ConnectionBanner call={callOf([mina])} media={media({ camera: missing })} />),
    );
    fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(screen.getByRole("status").textContent).toBe("");
    const both = media({ camera: missing, microphone: missing });
    rerender(inStrictMode(<ConnectionBanner call={callOf([mina])} media={both} />));
    expect(screen.getByRole("alert").textContent).toContain("No camera or microphone");
  });

  it("returns after a dismissal when the same device problem occurs again", () => {
    const error = new CallError("device-missing", "None.");
    const missing = media({ camera: deviceControl({ status: "missing", error }) });
    const silent = media({
      camera: deviceControl({ status: "missing", error }),
      microphone: deviceControl({ status: "interrupted" }),
    });
    const banner = (devices: LocalMedia) =>
      inStrictMode(<ConnectionBanner call={callOf([mina])} media={devices} />);
    const { rerender } = render(banner(missing));
    fireEvent.click(screen.getByRole("button", { name: "Dismiss" }));
    // Another problem that comes and goes does not end this one, because the camera is still missing.
    rerender(banner(silent));
    expect(screen.getByRole("status").textContent).toContain("microphone is in use elsewhere");
    rerender(banner(missing));
    expect(screen.getByRole("status").textContent).toBe("");
    rerender(banner(media()));
    rerender(banner(missing));
    expect(screen.getByRole("status").textContent).toContain("No camera was found");
  });

  it("has no retry button when a retry cannot help", () => {
    const error = new CallError("insecure-context", "Not secure.");
    const blocked = deviceControl({ status: "blocked", error });
    show(callOf([mina]), media({ camera: blocked, microphone: blocked }));
    expect(screen.getByRole("alert").textContent).toContain("https");
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  });

  it("shows nothing after leaving", () => {
    const { element } = show(
      callOf([], { status: "left" }),
      media({ microphone: deviceControl({ status: "busy" }) }),
    );
    advance(5_000);
    expect(element.textContent).toBe("");
  });
});

describe("ConnectionBadge", () => {
  const badge = () => document.querySelector<HTMLElement>("[data-twocan='connection-badge']");

  it("shows the quality of a connection, and its figures on a click", async () => {
    const simulation = simulateCall({ sound: false });
    const [person] = simulation.call.getSnapshot().participants;
    simulation.measure(person!.id, { roundTripTime: 0.4, packetLoss: 0.031, route: "relay" });
    render(inStrictMode(<ConnectionBadge participant={person!} />));
    expect(badge()!.dataset["quality"]).toBe("connected");
    await waitFor(() => expect(badge()!.dataset["quality"]).toBe("fair"), { timeout: 15_000 });
    expect(badge()!.dataset["route"]).toBe("relay");
    const figures = badge()!.querySelector("dl")!;
    expect(figures.matches(":popover-open")).toBe(false);
    screen.getByRole("button", { name: "Connection, Fair" }).click();
    expect(figures.matches(":popover-open")).toBe(true);
    expect(figures.innerText).toContain("relayed by TURN");
    expect(figures.innerText).toContain("400 ms");
    expect(figures.innerText).toContain("3.1 %");
  });

  it.each(["connecting", "reconnecting", "failed"] as const)(
    "shows the status %s instead of the measured quality",
    (status) => {
      render(inStrictMode(<ConnectionBadge participant={{ ...mina, status }} />));
      expect(badge()!.dataset["quality"]).toBe(status);
    },
  );

  it("opens its figures after it was rendered for the local participant first", () => {
    const { rerender } = render(
      inStrictMode(<ConnectionBadge participant={{ ...mina, isSelf: true }} />),
    );
    rerender(inStrictMode(<ConnectionBadge participant={mina} />));
    screen.getByRole("button", { name: "Connection, Connected" }).click();
    expect(badge()!.querySelector("dl")!.matches(":popover-open")).toBe(true);
  });

  it("renders nothing for the local participant", () => {
    render(inStrictMode(<ConnectionBadge participant={{ ...mina, isSelf: true }} />));
    expect(badge()).toBeNull();
  });
});

describe("CallAnnouncer", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  const advance = (ms: number) => act(() => void vi.advanceTimersByTime(ms));
  function listen(first: Call) {
    const announcer = (call: Call) => inStrictMode(<CallAnnouncer call={call} />);
    const { rerender } = render(announcer(first));
    return {
      text: () => screen.getByRole("status").textContent,
      update(call: Call) {
        rerender(announcer(call));
        advance(400);
      },
    };
  }

  it("does not announce participants who were in the call before", () => {
    const { text, update } = listen(callOf([], { status: "idle" }));
    update(callOf([], { status: "joining" }));
    update(callOf([], { status: "waiting" }));
    update(callOf([mina], { status: "connecting" }));
    update(callOf([mina, jonas]));
    advance(5_000);
    expect(text()).toBe("");
    update(callOf([mina]));
    advance(1_000);
    expect(text()).toBe("Jonas left");
  });

  it("announces simultaneous changes in one sentence", () => {
    const { text, update } = listen(callOf([]));
    update(callOf([mina]));
    expect(text()).toBe("");
    update(callOf([mina, jonas]));
    advance(1_000);
    expect(text()).toBe("Mina and Jonas joined");
  });

  it("does not announce a change that is undone at once", () => {
    const { text, update } = listen(callOf([mina]));
    update(callOf([{ ...mina, microphone: false }]));
    update(callOf([mina]));
    advance(5_000);
    expect(text()).toBe("");
  });

  it("changes the text to announce the same sentence again", () => {
    const { text, update } = listen(callOf([]));
    update(callOf([{ ...mina, id: "1" }]));
    advance(1_000);
    const first = text();
    update(
      callOf([
        { ...mina, id: "1" },
        { ...mina, id: "2" },
      ]),
    );
    advance(1_000);
    expect(text().trim()).toBe(first);
    expect(text()).not.toBe(first);
  });

  it("does not announce that the others left when the local participant leaves", () => {
    const { text, update } = listen(callOf([mina, jonas]));
    update(callOf([], { status: "left" }));
    advance(5_000);
    expect(text()).toBe("");
  });

  it("does not announce lost connections with trouble={false}", () => {
    const announcer = (call: Call) => inStrictMode(<CallAnnouncer call={call} trouble={false} />);
    const { rerender } = render(announcer(callOf([mina])));
    rerender(announcer(callOf([lost(mina)])));
    advance(5_000);
    expect(screen.getByRole("status").textContent).toBe("");
    rerender(announcer(callOf([mina])));
    advance(5_000);
    expect(screen.getByRole("status").textContent).toBe("Connected again");
  });

  it("is part of a layout, unless audio is false", () => {
    const announcers = () => document.querySelectorAll("[data-twocan='call-announcer']");
    const { rerender } = render(inStrictMode(<VideoGrid call={callOf([mina])} />));
    expect(announcers()).toHaveLength(1);
    rerender(inStrictMode(<VideoGrid call={callOf([mina])} audio={false} />));
    expect(announcers()).toHaveLength(0);
  });
});
