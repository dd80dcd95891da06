import * as React from "react";
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import {
  CallRoom,
  ControlBar,
  ko,
  LeaveButton,
  MessagesProvider,
  MicrophoneButton,
  readPreferences,
  useCurrentCall,
  useCurrentMedia,
  writePreferences,
  type CallPreferences,
  type CallRoomProps,
  type Signaling,
} from "../../../src/index.ts";
import { createCall, type CallError } from "../../../src/core/index.ts";
import { memorySignaling } from "../../../src/testing/index.ts";
import { callOf, media, participant } from "../../support/fixtures.ts";
import { opened } from "../../support/browser/media-support.ts";

const SMALL = { width: 160, height: 120, frameRate: 10 };
const hasActivity = Boolean(React.Activity);
const releases: (() => unknown)[] = [];

beforeEach(() => localStorage.clear());
afterEach(async () => {
  vi.restoreAllMocks();
  cleanup();
  for (const release of releases.splice(0)) await release();
  await expect.poll(() => opened.liveTracks().length).toBe(0);
  await expect.poll(() => opened.connections().length).toBe(0);
});

const show = (node: ReactNode) => render(<StrictMode>{node}</StrictMode>);
const room = () => document.querySelector<HTMLElement>("[data-twocan=call-room]")!;
const step = () => room().dataset["step"];
const status = () => room().dataset["status"];
const button = (name: string) => screen.getByRole("button", { name });
const pressed = (name: string) => button(name).getAttribute("aria-pressed");
const nameField = () => screen.getByRole<HTMLInputElement>("textbox", { name: "Your name" });
const liveKinds = () =>
  opened
    .liveTracks()
    .map(({ kind }) => kind)
    .sort();

type Named = Partial<Extract<CallRoomProps, { room: string }>>;
const page = (props: Named = {}) => (
  <CallRoom
    room="standup"
    signaling={props.signaling ?? memorySignaling()}
    iceServers={[]}
    video={SMALL}
    {...props}
  />
);

async function join(name?: string): Promise<void> {
  await waitFor(() => expect(pressed("Microphone")).not.toBeNull());
  if (name !== undefined) await userEvent.fill(nameField(), name);
  await userEvent.click(screen.getByRole("button", { name: /^Join/ }));
  await expect.poll(status).toBe("waiting");
}

describe("CallRoom", () => {
  describe("preferences", () => {
    it("fills in the name of the last call, and stores no name before joining", async () => {
      const first = show(page());
      await userEvent.fill(nameField(), "Not joined yet");
      expect(readPreferences()).toEqual({});
      await join("Mina");
      expect(readPreferences()).toEqual({ name: "Mina" });
      first.unmount();
      show(page());
      expect(nameField().value).toBe("Mina");
    });

    it("restores microphone and camera, and captures no device that was off", async () => {
      const first = show(page());
      await waitFor(() => expect(pressed("Camera")).toBe("true"));
      await userEvent.click(button("Camera"));
      await expect.poll(liveKinds).toEqual(["audio"]);
      first.unmount();
      await expect.poll(liveKinds).toEqual([]);
      const captured = vi.spyOn(navigator.mediaDevices, "getUserMedia");
      show(page());
      await waitFor(() => expect(pressed("Microphone")).toBe("true"));
      expect(pressed("Camera")).toBe("false");
      expect(captured.mock.calls.map(([constraints]) => constraints?.video)).toEqual([false]);
    });

    it("restores the selected devices and speaker", async () => {
      const first = show(page());
      const select = (label: string) =>
        screen.getByRole<HTMLSelectElement>("combobox", { name: label });
      await waitFor(() => expect(select("Camera").options.length).toBeGreaterThan(1));
      const camera = select("Camera").options[1]!.value;
      const speaker = select("Speaker").options[2]!.value;
      await userEvent.selectOptions(select("Camera"), camera);
      await userEvent.selectOptions(select("Speaker"), speaker);
      await expect.poll(() => readPreferences().camera?.deviceId).toBe(camera);
      first.unmount();
      show(page());
      await waitFor(() => expect(select("Camera").value).toBe(camera));
      await waitFor(() => expect(select("Speaker").value).toBe(speaker));
      const track = opened.liveTracks().find(({ kind }) => kind === "video");
      expect(track?.getSettings().deviceId).toBe(camera);
    });

    it("falls back to another camera when the stored one is unplugged, and keeps the stored one", async () => {
      writePreferences({ camera: { deviceId: "unplugged" } });
      show(page());
      await waitFor(() => expect(pressed("Camera")).toBe("true"));
      expect(readPreferences().camera?.deviceId).toBe("unplugged");
    });

    it("does not store a name that the application gives", async () => {
      show(page({ name: "Account name" }));
      expect(nameField().value).toBe("Account name");
      await join();
      expect(readPreferences()).toEqual({});
    });

    it("does not read or write preferences with remember={false}", async () => {
      const before: CallPreferences = { name: "Mina", camera: { enabled: false } };
      writePreferences(before);
      show(page({ remember: false }));
      expect(nameField().value).toBe("");
      await waitFor(() => expect(pressed("Camera")).toBe("true"));
      await userEvent.click(button("Microphone"));
      await join("Jun");
      expect(readPreferences()).toEqual(before);
    });

    it("joins under the stored name with preJoin={false}", async () => {
      writePreferences({ name: "Mina" });
      show(page({ preJoin: false }));
      await expect.poll(status).toBe("waiting");
      expect(screen.getByRole("figure", { name: /^Mina \(you\)/ })).toBeDefined();
    });

    it("hydrates the markup of the server without preferences, and joins once", async () => {
      writePreferences({ name: "Mina", camera: { enabled: false } });
      const signaling = memorySignaling();
      const joins = vi.spyOn(signaling, "join");
      const node = page({ preJoin: false, signaling });
      const container = document.body.appendChild(document.createElement("div"));
      container.innerHTML = renderToString(node);
      expect(container.textContent).not.toContain("Mina");
      const consoleError = vi.spyOn(console, "error");
      const prompts = opened.prompts();
      render(node, { container, hydrate: true });
      await expect.poll(status).toBe("waiting");
      expect(consoleError).not.toHaveBeenCalled();
      expect([joins.mock.calls.length, opened.prompts() - prompts]).toEqual([1, 1]);
      expect(screen.getByRole("figure", { name: /^Mina \(you\), camera off/ })).toBeDefined();
    });

    it("works without storage", async () => {
      vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
        throw new DOMException("Denied.", "SecurityError");
      });
      vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
        throw new DOMException("Full.", "QuotaExceededError");
      });
      show(page());
      await join("Mina");
      expect(screen.getByRole("figure", { name: /^Mina \(you\)/ })).toBeDefined();
    });
  });

  it("reports that the call service is not answering yet, and stays in the step of the call", async () => {
    const signaling: Signaling = { join: () => new Promise(() => {}) };
    show(page({ signaling, preJoin: false, name: "Mina" }));
    await waitFor(() => expect(status()).toBe("joining"));
    await expect.poll(() => room().textContent).toContain("is not answering yet. Still trying…");
    expect([step(), status()]).toEqual(["call", "joining"]);
    await userEvent.click(button("Leave the call"));
    await expect.poll(step).toBe("left");
  });

  it("passes errors of its devices to onError", async () => {
    vi.spyOn(navigator.mediaDevices, "getUserMedia").mockRejectedValue(
      new DOMException("Simulated by a test.", "NotReadableError"),
    );
    const codes: string[] = [];
    show(page({ preJoin: false, name: "Mina", onError: ({ code }) => codes.push(code) }));
    await expect.poll(() => codes).toContain("device-busy");
  });

  describe("without a room", () => {
    it.each([
      ["empty", ""],
      ["absent", undefined as unknown as string],
    ])("%s", async (_, name) => {
      const onError = vi.fn<(error: CallError) => void>();
      const prompts = opened.prompts();
      show(page({ room: name, onError }));
      expect(step()).toBe("failed");
      expect(screen.getByRole("alert").textContent).toContain("does not lead to a call");
      expect(room().textContent).toContain("createRoomId()");
      expect(screen.queryByRole("button")).toBeNull();
      expect(opened.prompts()).toBe(prompts);
    });

    it("shows the Korean text, and the pre-join form once there is a room", async () => {
      const inKorean = (name: string) => (
        <MessagesProvider messages={ko}>{page({ room: name })}</MessagesProvider>
      );
      const { rerender } = render(inKorean(""));
      expect(screen.getByRole("alert").textContent).toBe(ko.errors["room-invalid"]);
      rerender(inKorean("standup"));
      await expect.poll(step).toBe("pre-join");
    });
  });

  describe("custom content", () => {
    const Header = () => <h1>{`Call: ${useCurrentCall().status}`}</h1>;

    it("shows the header in every step and provides the call to it", async () => {
      show(page({ header: <Header />, name: "Mina" }));
      expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Call: idle");
      await join();
      expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Call: waiting");
      await userEvent.click(button("Leave the call"));
      await expect.poll(step).toBe("left");
      expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Call: left");
    });

    it("replaces the control bar and provides call and media to it", async () => {
      const CustomBar = () => {
        const { microphone } = useCurrentMedia();
        return (
          <fieldset aria-label={`Microphone ${microphone.status}`}>
            <MicrophoneButton />
            <LeaveButton />
          </fieldset>
        );
      };
      show(page({ controlBar: <CustomBar />, name: "Mina" }));
      await join();
      expect(screen.getByRole("group", { name: "Microphone on" })).toBeDefined();
      expect(screen.queryByRole("group", { name: "Call controls" })).toBeNull();
      await userEvent.click(button("Microphone"));
      await waitFor(() =>
        expect(screen.getByRole("group", { name: "Microphone off" })).toBeDefined(),
      );
      await userEvent.click(button("Leave the call"));
      await expect.poll(step).toBe("left");
    });

    it("provides the speakers to a control bar of the application", async () => {
      show(page({ controlBar: <ControlBar controls={["microphone"]} />, name: "Mina" }));
      await join();
      await userEvent.click(button("Microphone settings"));
      await waitFor(() => expect(screen.getByRole("combobox", { name: "Speaker" })).toBeDefined());
    });

    it("shows no control bar with controlBar={null}", async () => {
      show(page({ controlBar: null, name: "Mina" }));
      await join();
      expect(screen.queryByRole("button", { name: "Microphone" })).toBeNull();
    });

    it("captures with the constraints of the application", async () => {
      const captured = vi.spyOn(navigator.mediaDevices, "getUserMedia");
      show(page({ audio: { echoCancellation: false }, video: false }));
      await expect.poll(liveKinds).toEqual(["audio"]);
      expect(captured).toHaveBeenCalledExactlyOnceWith({
        audio: { echoCancellation: false },
        video: false,
      });
    });

    it("calls onJoin once for each join", async () => {
      const onJoin = vi.fn<() => void>();
      show(page({ onJoin, name: "Mina" }));
      await waitFor(() => expect(pressed("Camera")).toBe("true"));
      expect(onJoin).not.toHaveBeenCalled();
      await join();
      expect(onJoin).toHaveBeenCalledOnce();
      await userEvent.click(button("Microphone"));
      await userEvent.click(button("Leave the call"));
      await userEvent.click(await screen.findByRole("button", { name: "Join again" }));
      await expect.poll(status).toBe("waiting");
      expect(onJoin).toHaveBeenCalledTimes(2);
    });

    it("does not call onJoin for a call that is already joined", async () => {
      const onJoin = vi.fn<() => void>();
      show(<CallRoom call={callOf([participant()])} media={media()} onJoin={onJoin} />);
      expect(step()).toBe("call");
      expect(onJoin).not.toHaveBeenCalled();
    });
  });

  describe.skipIf(!hasActivity)(
    `in an <Activity>${hasActivity ? "" : ` (React ${React.version} has none)`}`,
    () => {
      const hidable = (visible: boolean, node: ReactNode) => (
        <StrictMode>
          <React.Activity mode={visible ? "visible" : "hidden"}>{node}</React.Activity>
        </StrictMode>
      );

      it("leaves the call and stops the devices while hidden, and restores both when shown", async () => {
        const signaling = memorySignaling();
        const jun = createCall({ room: "standup", signaling, name: "Jun", iceServers: [] });
        releases.push(jun.retain(), () => jun.getSnapshot().leave());
        const namesSeen = () => jun.getSnapshot().participants.map(({ name }) => name);
        const node = page({ signaling });
        const steps = new Set<string | undefined>();
        const { rerender } = render(hidable(true, node));
        await waitFor(() => expect(pressed("Camera")).toBe("true"));
        await userEvent.fill(nameField(), "Mina");
        await userEvent.click(button("Join"));
        await expect.poll(status, { timeout: 20_000 }).toBe("connected");
        await expect.poll(namesSeen).toEqual(["Mina"]);
        await userEvent.click(button("Microphone"));

        rerender(hidable(false, node));
        await expect.poll(namesSeen).toEqual([]);
        await expect.poll(liveKinds).toEqual([]);

        const watch = new MutationObserver(() => steps.add(step()));
        watch.observe(document.body, { subtree: true, childList: true, attributes: true });
        // A changed prop renders the room while the call is still left.
        rerender(hidable(true, page({ signaling, className: "again" })));
        await expect.poll(status, { timeout: 20_000 }).toBe("connected");
        watch.disconnect();
        expect([...steps]).toEqual(["call"]);
        expect(namesSeen()).toEqual(["Mina"]);
        await expect.poll(liveKinds).toEqual(["video"]);
        expect([pressed("Microphone"), pressed("Camera")]).toEqual(["false", "true"]);
      });

      it("does not rejoin a call that the user has left", async () => {
        const node = page({ name: "Mina" });
        const { rerender } = render(hidable(true, node));
        await join();
        await userEvent.click(button("Leave the call"));
        await expect.poll(step).toBe("left");
        rerender(hidable(false, node));
        await act(async () => {});
        rerender(hidable(true, node));
        await act(async () => {});
        expect([step(), status()]).toEqual(["left", "left"]);
        await expect.poll(liveKinds).toEqual([]);
      });

      it("restores the pre-join form with the entered name and the devices", async () => {
        const node = page();
        const { rerender } = render(hidable(true, node));
        await waitFor(() => expect(pressed("Camera")).toBe("true"));
        await userEvent.fill(nameField(), "Min");
        rerender(hidable(false, node));
        await expect.poll(liveKinds).toEqual([]);
        rerender(hidable(true, node));
        await expect.poll(liveKinds).toEqual(["audio", "video"]);
        expect([step(), nameField().value]).toEqual(["pre-join", "Min"]);
      });
    },
  );
});
