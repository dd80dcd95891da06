/** What people see and hear of trouble: the banner, the badge and the announcements. */
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

describe("the banner", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  const pass = (ms: number) => act(() => void vi.advanceTimersByTime(ms));
  /** Shows it, and returns the way to show it with another call. */
  function show(first: Call, devices?: LocalMedia) {
    const banner = (call: Call) => inStrictMode(<ConnectionBanner call={call} media={devices} />);
    const { container, rerender } = render(banner(first));
    const element = container.querySelector<HTMLElement>("[data-twocan='connection-banner']")!;
    return { element, become: (call: Call) => rerender(banner(call)) };
  }

  it("says nothing while all is well, and takes no room", () => {
    const { element } = show(callOf([mina]), media());
    pass(5_000);
    expect(element.textContent).toBe("");
    expect(element.offsetHeight).toBe(0);
  });

  it("does not flash for what passes", () => {
    const { element, become } = show(callOf([mina]));
    become(callOf([lost(mina)]));
    pass(700);
    expect(element.textContent).toBe("");
    become(callOf([mina]));
    pass(5_000);
    expect(element.textContent).toBe("");
  });

  it("says whom it reconnects to after a while, and is gone at once", () => {
    const { element, become } = show(callOf([mina, jonas]));
    become(callOf([lost(mina), jonas]));
    pass(1_000);
    expect(screen.getByRole("status").textContent).toBe("Reconnecting to Mina…");
    become(callOf([mina, jonas]));
    expect(element.textContent).toBe("");
  });

  it("says that it is this side when everybody is lost", () => {
    show(callOf([lost(mina), lost(jonas)], { status: "reconnecting" }));
    pass(1_000);
    expect(screen.getByRole("status").textContent).toContain("The connection was lost");
  });

  it("says that the page is offline before anything that follows from it", () => {
    const { element } = show(callOf([lost(mina)]));
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    act(() => void window.dispatchEvent(new Event("offline")));
    pass(1_000);
    expect(element.dataset["kind"]).toBe("offline");
    vi.restoreAllMocks();
    act(() => void window.dispatchEvent(new Event("online")));
    expect(element.dataset["kind"]).toBe("reconnecting");
  });

  it("says that nobody can join while the call goes on without its signaling", () => {
    const call = { ...callOf([mina]), signaling: "disconnected" as const };
    const { element } = show(call);
    pass(1_000);
    expect(element.dataset["kind"]).toBe("signaling");
  });

  it("says that the call service cannot be reached while the call tries again to join", () => {
    const error = new CallError("signaling-unavailable", "Out of reach.");
    const join = vi.fn(async () => {});
    const { become } = show(callOf([], { status: "joining", join }));
    pass(1_000);
    expect(screen.getByRole("status").textContent).toBe("");
    become(callOf([], { status: "joining", error, join }));
    pass(1_000);
    expect(screen.getByRole("status").textContent).toBe(
      "Can’t reach the call service. Trying again…",
    );
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(join).toHaveBeenCalledOnce();
    become(callOf([], { status: "waiting" }));
    expect(screen.getByRole("status").textContent).toBe("");
  });

  it("cries out when the call has failed, and joins again on a press", () => {
    const error = new CallError("signaling-unavailable", "Out of reach.");
    const [join, leave] = [vi.fn(async () => {}), vi.fn(async () => {})];
    show(callOf([], { status: "failed", error, join, leave }));
    expect(screen.getByRole("alert").textContent).toContain("call service cannot be reached");
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(join).toHaveBeenCalledOnce();
    expect(leave).not.toHaveBeenCalled();
  });

  it("goes out of a room first in which nobody can be reached", async () => {
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

  it("cries out when nobody can hear you, and tries again on a press", () => {
    const error = new CallError("device-busy", "Busy.");
    const start = vi.fn(async () => {});
    const microphone = deviceControl({ status: "busy", error });
    show(callOf([mina]), media({ microphone, start }));
    expect(screen.getByRole("alert").textContent).toContain("microphone is in use by another app");
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(start).toHaveBeenCalledOnce();
  });

  it("is put away by somebody without a camera, until there is other trouble", () => {
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

  it("offers no second try where none can help", () => {
    const error = new CallError("insecure-context", "Not secure.");
    const blocked = deviceControl({ status: "blocked", error });
    show(callOf([mina]), media({ camera: blocked, microphone: blocked }));
    expect(screen.getByRole("alert").textContent).toContain("https");
    expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
  });

  it("says nothing to somebody who has left", () => {
    const { element } = show(
      callOf([], { status: "left" }),
      media({ microphone: deviceControl({ status: "busy" }) }),
    );
    pass(5_000);
    expect(element.textContent).toBe("");
  });
});

describe("the badge", () => {
  const badge = () => document.querySelector<HTMLElement>("[data-twocan='connection-badge']");

  it("says how well somebody is connected, and the figures on a press", async () => {
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
    "says %s, whatever was measured",
    (status) => {
      render(inStrictMode(<ConnectionBadge participant={{ ...mina, status }} />));
      expect(badge()!.dataset["quality"]).toBe(status);
    },
  );

  it("is not there for oneself", () => {
    render(inStrictMode(<ConnectionBadge participant={{ ...mina, isSelf: true }} />));
    expect(badge()).toBeNull();
  });
});

describe("the announcements", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  const pass = (ms: number) => act(() => void vi.advanceTimersByTime(ms));
  function listen(first: Call) {
    const announcer = (call: Call) => inStrictMode(<CallAnnouncer call={call} />);
    const { rerender } = render(announcer(first));
    return {
      text: () => screen.getByRole("status").textContent,
      become(call: Call) {
        rerender(announcer(call));
        pass(400);
      },
    };
  }

  it("say nothing of those who were there from the start, however late they show", () => {
    const { text, become } = listen(callOf([], { status: "idle" }));
    become(callOf([], { status: "joining" }));
    become(callOf([], { status: "waiting" }));
    become(callOf([mina], { status: "connecting" }));
    become(callOf([mina, jonas]));
    pass(5_000);
    expect(text()).toBe("");
    become(callOf([mina]));
    pass(1_000);
    expect(text()).toBe("Jonas left");
  });

  it("make one sentence of what many do at once", () => {
    const { text, become } = listen(callOf([]));
    become(callOf([mina]));
    expect(text()).toBe("");
    become(callOf([mina, jonas]));
    pass(1_000);
    expect(text()).toBe("Mina and Jonas joined");
  });

  it("say nothing of what is undone at once", () => {
    const { text, become } = listen(callOf([mina]));
    become(callOf([{ ...mina, microphone: false }]));
    become(callOf([mina]));
    pass(5_000);
    expect(text()).toBe("");
  });

  it("say the same sentence twice as two", () => {
    const { text, become } = listen(callOf([]));
    become(callOf([{ ...mina, id: "1" }]));
    pass(1_000);
    const first = text();
    become(
      callOf([
        { ...mina, id: "1" },
        { ...mina, id: "2" },
      ]),
    );
    pass(1_000);
    expect(text().trim()).toBe(first);
    expect(text()).not.toBe(first);
  });

  it("do not tell somebody who leaves that all the others did", () => {
    const { text, become } = listen(callOf([mina, jonas]));
    become(callOf([], { status: "left" }));
    pass(5_000);
    expect(text()).toBe("");
  });

  it("leave lost connections to the banner where there is one", () => {
    const announcer = (call: Call) => inStrictMode(<CallAnnouncer call={call} trouble={false} />);
    const { rerender } = render(announcer(callOf([mina])));
    rerender(announcer(callOf([lost(mina)])));
    pass(5_000);
    expect(screen.getByRole("status").textContent).toBe("");
    rerender(announcer(callOf([mina])));
    pass(5_000);
    expect(screen.getByRole("status").textContent).toBe("Connected again");
  });

  it("come with every layout, unless it is silent", () => {
    const announcers = () => document.querySelectorAll("[data-twocan='call-announcer']");
    const { rerender } = render(inStrictMode(<VideoGrid call={callOf([mina])} />));
    expect(announcers()).toHaveLength(1);
    rerender(inStrictMode(<VideoGrid call={callOf([mina])} audio={false} />));
    expect(announcers()).toHaveLength(0);
  });
});
