import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import {
  CallError,
  ko,
  MessagesProvider,
  PreJoin,
  useLocalMedia,
  type LocalMedia,
  type LocalMediaOptions,
  type PreJoinProps,
} from "../../../src/index.ts";
import { deviceControl, media } from "../../support/fixtures.ts";
import { opened } from "../../support/browser/media-support.ts";

/** Sets the state of the Permissions API. Capture itself is allowed. */
function mockPermission(state: PermissionState) {
  return vi
    .spyOn(navigator.permissions, "query")
    .mockImplementation(async () => ({ state }) as PermissionStatus);
}

beforeEach(() => {
  mockPermission("prompt");
});

afterEach(async () => {
  cleanup();
  vi.restoreAllMocks();
  await expect.poll(() => opened.liveTracks().length).toBe(0);
});

const devices = navigator.mediaDevices;
const onJoin = vi.fn<PreJoinProps["onJoin"]>();

type PageProps = Pick<LocalMediaOptions, "autoStart" | "initial"> & Partial<PreJoinProps>;

function Page({ autoStart = false, initial, ...props }: PageProps) {
  return <PreJoin onJoin={onJoin} {...props} media={useLocalMedia({ autoStart, initial })} />;
}

function show(props: PageProps = {}) {
  onJoin.mockClear();
  return render(
    <StrictMode>
      <Page {...props} />
    </StrictMode>,
  );
}

/** Renders the form with media in a given state. */
function showWith(state: Partial<LocalMedia>, props: Partial<PreJoinProps> = {}) {
  onJoin.mockClear();
  return render(<PreJoin onJoin={onJoin} name="Mina" {...props} media={media(state)} />);
}

const form = () => screen.getByRole("form", { name: "Ready to join?" });
const permission = () => form().dataset["permission"];
const intro = () => form().querySelector('[data-twocan="pre-join-intro"]')?.textContent;
const button = (name: string) => screen.getByRole("button", { name });
const nameField = () => screen.getByRole<HTMLInputElement>("textbox", { name: "Your name" });
const blocked = deviceControl({ status: "blocked" });
const refused: Partial<LocalMedia> = {
  status: "failed",
  error: new CallError("permission-denied", "Refused."),
  microphone: blocked,
  camera: blocked,
};

function denyCapture() {
  mockPermission("denied");
  return vi
    .spyOn(devices, "getUserMedia")
    .mockRejectedValue(new DOMException("Simulated by a test.", "NotAllowedError"));
}

describe("PreJoin permission", () => {
  it("explains the prompt, opens it on a click, and then focuses the name field", async () => {
    const before = opened.prompts();
    show();
    expect(permission()).toBe("idle");
    expect(intro()).toContain("Nothing is sent before you join");
    expect(opened.prompts()).toBe(before);
    await userEvent.click(button("Allow camera and microphone"));
    await waitFor(() => expect(nameField()).toBe(document.activeElement));
    expect(permission()).toBe("granted");
    expect(opened.prompts()).toBe(before + 1);
    expect(screen.queryByRole("button", { name: /Allow/ })).toBeNull();
    const tile = screen.getByRole("figure");
    await waitFor(() => expect(tile.dataset["picture"]).toBe("video"));
    expect(tile.dataset["mirrored"]).toBe("true");
  });

  it("starts microphone and camera at once if permission is granted already", async () => {
    mockPermission("granted");
    show();
    await waitFor(() => expect(permission()).toBe("granted"));
    await waitFor(() => expect(opened.liveTracks()).toHaveLength(2));
    expect(document.activeElement).toBe(document.body);
  });

  it("waits for a click if one permission is not granted yet", async () => {
    const query = vi.spyOn(navigator.permissions, "query").mockImplementation(
      async ({ name }) =>
        ({
          state: name === ("camera" as PermissionName) ? "prompt" : "granted",
        }) as PermissionStatus,
    );
    const before = opened.prompts();
    show();
    await waitFor(() => expect(query).toHaveBeenCalledTimes(4));
    await act(async () => {});
    expect([permission(), opened.prompts()]).toEqual(["idle", before]);
  });

  it("waits for a click if the Permissions API rejects", async () => {
    const query = vi
      .spyOn(navigator.permissions, "query")
      .mockRejectedValue(
        new TypeError("'camera' is not a valid value for enumeration PermissionName."),
      );
    const before = opened.prompts();
    show();
    await waitFor(() => expect(query).toHaveBeenCalledTimes(4));
    await act(async () => {});
    expect([permission(), opened.prompts()]).toEqual(["idle", before]);
    await userEvent.click(button("Allow camera and microphone"));
    await waitFor(() => expect(permission()).toBe("granted"));
  });

  it("requests only the devices that are enabled", async () => {
    const query = mockPermission("granted");
    const captured = vi.spyOn(devices, "getUserMedia");
    show({ initial: { camera: { enabled: false } } });
    await waitFor(() => expect(permission()).toBe("granted"));
    expect(new Set(query.mock.calls.map(([{ name }]) => name))).toEqual(new Set(["microphone"]));
    expect(captured).toHaveBeenCalledExactlyOnceWith({ audio: true, video: false });
    expect(screen.getByRole("button", { name: "Camera", pressed: false })).toBeDefined();
  });

  it("requests nothing and shows both buttons if both devices are disabled", async () => {
    const captured = vi.spyOn(devices, "getUserMedia");
    show({ initial: { microphone: { enabled: false }, camera: { enabled: false } } });
    const camera = await screen.findByRole("button", { name: "Camera", pressed: false });
    expect(screen.getByRole("button", { name: "Microphone", pressed: false })).toBeDefined();
    expect(screen.queryByRole("button", { name: /Allow/ })).toBeNull();
    expect(captured).not.toHaveBeenCalled();
    await userEvent.click(camera);
    await waitFor(() => expect(camera.getAttribute("aria-pressed")).toBe("true"));
    expect(document.activeElement).toBe(camera);
    expect(captured).toHaveBeenCalledOnce();
  });

  it("does not start media that were stopped while permissions were queried", async () => {
    let answer = (_status: PermissionStatus) => {};
    const answered = new Promise<PermissionStatus>((resolve) => {
      answer = resolve;
    });
    vi.spyOn(navigator.permissions, "query").mockReturnValue(answered);
    const before = opened.prompts();
    show().unmount();
    // Media stop one macrotask after the component is unmounted.
    await new Promise((resolve) => setTimeout(resolve));
    await act(async () => answer({ state: "granted" } as PermissionStatus));
    expect(opened.prompts()).toBe(before);
  });

  it("opens the prompt at once for media with autoStart", async () => {
    show({ autoStart: true, name: "Mina" });
    await waitFor(() => expect(permission()).toBe("granted"));
    expect(document.activeElement).toBe(document.body);
  });

  it("keeps its button while the prompt is open", () => {
    const start = vi.fn(async () => {});
    showWith({ status: "prompting", start });
    expect(intro()).toContain("Choose “Allow”");
    fireEvent.click(button("Allow camera and microphone"));
    expect(start).not.toHaveBeenCalled();
    expect(button("Allow camera and microphone").getAttribute("aria-disabled")).toBe("true");
  });

  it("explains where the browser keeps a denied permission, and continues once it is granted", async () => {
    const getUserMedia = denyCapture();
    show({ name: "Mina" });
    // Access was denied before, so that is shown without a press, and there is nothing to allow.
    await waitFor(() => expect(permission()).toBe("denied"));
    expect(screen.queryByRole("button", { name: /Allow/ })).toBeNull();
    expect(getUserMedia).not.toHaveBeenCalled();
    expect(intro()).toContain("In Chrome and Edge: click “View site information”");
    getUserMedia.mockRestore();
    await userEvent.click(button("Try again"));
    await waitFor(() => expect(button("Join")).toBe(document.activeElement));
    await userEvent.keyboard("{Enter}");
    expect(onJoin).toHaveBeenCalledExactlyOnceWith({ name: "Mina" });
  });

  const APPLE = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15";
  it.each([
    ["Edge", "Mozilla/5.0 (Windows NT 10.0) Chrome/149.0.0.0 Safari/537.36 Edg/149.0.0.0", 0],
    ["Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", 0],
    ["Safari", `${APPLE} Version/26.0 Safari/605.1.15`, 0],
    ["On iPhone and iPad", `${APPLE} Version/26.0 Safari/605.1.15`, 5],
    ["On iPhone and iPad", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5) CriOS/149 Safari/604.1", 5],
    ["On Android", "Mozilla/5.0 (Linux; Android 16; K) Chrome/149.0.0.0 Safari/537.36", 5],
    ["On Android", "Mozilla/5.0 (Android 16; Mobile; rv:150.0) Firefox/150.0", 5],
  ])("explains the permissions of this browser: %s", (where, userAgent, maxTouchPoints) => {
    vi.spyOn(navigator, "userAgent", "get").mockReturnValue(userAgent);
    vi.spyOn(navigator, "maxTouchPoints", "get").mockReturnValue(maxTouchPoints);
    showWith(refused);
    expect(intro()).toMatch(new RegExp(where));
  });

  it("shows the general text in an unknown browser", () => {
    vi.spyOn(navigator, "userAgent", "get").mockReturnValue("Lynx/2.9");
    showWith(refused);
    expect(intro()).toContain("Allow the camera and the microphone in the settings of this site");
  });

  it("explains the permissions in Korean", () => {
    render(
      <MessagesProvider messages={ko}>
        <PreJoin media={media(refused)} onJoin={onJoin} />
      </MessagesProvider>,
    );
    expect(document.body.textContent).toContain(ko.permissionHelp.chrome);
  });

  it("has no button to open the prompt in an insecure context", () => {
    const error = new CallError("insecure-context", "Not secure.");
    showWith({ status: "failed", error, microphone: blocked, camera: blocked });
    expect(permission()).toBe("insecure");
    expect(intro()).toContain("https");
    expect(screen.queryByRole("button", { name: /Allow|again/ })).toBeNull();
  });

  it.each([
    ["permission-dismissed", "dismissed", "Nothing was chosen"],
    ["device-missing", "missing", "No camera or microphone was found"],
    ["device-busy", "busy", "in use by another app"],
  ] as const)("shows the remedy of %s", (code, state, remedy) => {
    showWith({ status: "failed", error: new CallError(code, "Failed.") });
    expect(permission()).toBe(state);
    expect(intro()).toContain(remedy);
    expect(intro()).toContain("Try again");
  });

  it("joins with the microphone if there is no camera", async () => {
    const real = devices.getUserMedia.bind(devices);
    vi.spyOn(devices, "getUserMedia").mockImplementation(async (constraints) => {
      if (constraints?.video) throw new DOMException("Simulated by a test.", "NotFoundError");
      return real(constraints);
    });
    show({ autoStart: true, name: "Mina" });
    await waitFor(() => expect(permission()).toBe("granted"));
    expect(intro()).toContain("You can join with your voice only.");
    expect(screen.getByRole("button", { name: "Microphone", pressed: true })).toBeDefined();
    fireEvent.click(button("Join"));
    expect(onJoin).toHaveBeenCalledOnce();
  });
});

describe("PreJoin joining", () => {
  it("joins without any device", () => {
    showWith(refused);
    fireEvent.click(button("Join to watch and listen"));
    expect(onJoin).toHaveBeenCalledExactlyOnceWith({ name: "Mina" });
  });

  it("requires a name that is not blank, and trims it", async () => {
    show();
    await userEvent.click(button("Join to watch and listen"));
    await userEvent.fill(nameField(), "   ");
    await userEvent.click(button("Join to watch and listen"));
    // Without the validation of the browser.
    fireEvent.submit(form());
    expect(onJoin).not.toHaveBeenCalled();
    await userEvent.fill(nameField(), "  Mina Park ");
    await userEvent.type(nameField(), "{Enter}");
    expect(onJoin).toHaveBeenCalledExactlyOnceWith({ name: "Mina Park" });
  });

  it("cuts a long name between two characters, and reports it until the name changes", async () => {
    const family = "👨‍👩‍👧‍👦";
    show({ name: family.repeat(8) });
    expect(nameField().value).toBe(family.repeat(7));
    const note = () =>
      document.getElementById(nameField().getAttribute("aria-describedby") ?? "")?.textContent;
    expect(note()).toBe("The name was too long and has been shortened.");
    await userEvent.fill(nameField(), "M".repeat(80));
    expect(note()).toBe("");
    await userEvent.fill(nameField(), "M".repeat(94));
    expect(note()).toMatch(/shortened/);
    await userEvent.type(nameField(), "{Enter}");
    expect(onJoin).toHaveBeenCalledExactlyOnceWith({ name: "M".repeat(80) });
  });

  it("ignores a second click while joining", () => {
    showWith({}, { joining: true });
    const join = button("Joining…");
    expect(join.getAttribute("aria-busy")).toBe("true");
    act(() => join.focus());
    fireEvent.click(join);
    expect(onJoin).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(join);
  });
});

it("PreJoin hydrates the markup of the server", () => {
  const page = <PreJoin media={media(refused)} name="Mina" onJoin={onJoin} />;
  const container = document.body.appendChild(document.createElement("div"));
  container.innerHTML = renderToString(page);
  expect(container.textContent).not.toContain("In Chrome");
  const consoleError = vi.spyOn(console, "error").mockReturnValue();
  render(page, { container, hydrate: true });
  expect(consoleError).not.toHaveBeenCalled();
  expect(container.textContent).toContain("In Chrome and Edge:");
});
