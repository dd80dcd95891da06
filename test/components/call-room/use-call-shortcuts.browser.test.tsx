import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { StrictMode, useState, type ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { ControlBar, useCallShortcuts, useSelfView } from "../../../src/index.ts";
import { callOf, deviceControl, media } from "../../support/fixtures.ts";

const setEnabled = vi.fn(async () => {});
const toggle = vi.fn(async () => {});
const off = deviceControl({ status: "off", enabled: false, setEnabled, toggle });
const muted = media({ microphone: off, camera: off });

beforeEach(() => {
  vi.clearAllMocks();
});
afterEach(cleanup);

const show = (node: ReactNode) => render(<StrictMode>{node}</StrictMode>);
const bar = <ControlBar call={callOf([])} media={muted} />;
const press = (element: Element, ...keys: string[]) => {
  for (const key of keys) {
    const code = key === " " ? "Space" : `Key${key.toUpperCase()}`;
    fireEvent.keyDown(element, { key, code });
    fireEvent.keyUp(element, { key, code });
  }
};

/** Renders an element of the application beside the call or inside it. */
function place(where: "beside" | "inside", html: string): HTMLElement {
  const section = <section data-testid="place" />;
  const { getByTestId } = show(
    where === "inside" ? (
      <div data-twocan="call-room">
        {section}
        {bar}
      </div>
    ) : (
      <>
        {section}
        {bar}
      </>
    ),
  );
  const parent = getByTestId("place");
  parent.insertAdjacentHTML("beforeend", html);
  return parent.firstElementChild as HTMLElement;
}

describe.each(["beside", "inside"] as const)("useCallShortcuts %s the call", (where) => {
  it("leaves typed text to a widget with a closed shadow root", async () => {
    const widget = place(where, "<div></div>");
    const field = document.createElement("input");
    widget.attachShadow({ mode: "closed" }).append(field);
    field.focus();
    await userEvent.keyboard("movie time");
    expect(field.value).toBe("movie time");
    expect(setEnabled).not.toHaveBeenCalled();
    expect(toggle).not.toHaveBeenCalled();
  });

  it.each([
    ["a scrollable chat log", `<div role="log" tabindex="0"></div>`],
    ["a scrollable box", `<div style="block-size: 50px; overflow: auto"><p>A</p></div>`],
    ["a switch", `<div role="switch" tabindex="0"></div>`],
    ["a tab", `<button role="tab">Tab</button>`],
    ["a slider", `<div role="slider" tabindex="0"></div>`],
    ["a menu item", `<div role="menuitem" tabindex="-1"></div>`],
    ["a combobox", `<button role="combobox">Open</button>`],
    ["a custom text box", `<div role="textbox" tabindex="0"></div>`],
    ["an editor", `<div contenteditable></div>`],
    ["an editor of plain text", `<div contenteditable="plaintext-only"></div>`],
    ["a field", "<textarea></textarea>"],
    ["a select", "<select></select>"],
  ])("leaves all keys to %s", (_what, html) => {
    press(place(where, html), " ", "m", "v");
    expect(setEnabled).not.toHaveBeenCalled();
    expect(toggle).not.toHaveBeenCalled();
  });
});

describe("useCallShortcuts", () => {
  it("handles letters, but not Space, on buttons in the call", () => {
    show(
      <ControlBar call={callOf([])} media={muted}>
        <button>Chat</button>
      </ControlBar>,
    );
    const names = ["Chat", "Microphone", "Microphone settings", "Leave the call"];
    for (const name of names) press(screen.getByRole("button", { name }), " ", "m");
    expect(setEnabled).not.toHaveBeenCalled();
    expect(toggle).toHaveBeenCalledTimes(names.length);
  });

  it("leaves letters to a button outside the call", () => {
    press(place("beside", "<button>Send</button>"), " ", "m", "v");
    expect(setEnabled).not.toHaveBeenCalled();
    expect(toggle).not.toHaveBeenCalled();
  });

  it("handles Space on an element that a script has focused", () => {
    const { container } = show(
      <>
        <section data-twocan="call-room-page" tabIndex={-1} />
        {bar}
      </>,
    );
    press(container.firstElementChild!, " ");
    expect(setEnabled.mock.calls).toEqual([[true], [false]]);
  });

  it("ignores a key of an input method, and one that the application has handled", () => {
    show(bar);
    fireEvent.keyDown(document.body, { key: "m", code: "KeyM", isComposing: true });
    const handle = (event: Event) => event.preventDefault();
    document.body.addEventListener("keydown", handle, { once: true });
    fireEvent.keyDown(document.body, { key: "m", code: "KeyM" });
    expect(toggle).not.toHaveBeenCalled();
    fireEvent.keyDown(document.body, { key: "m", code: "KeyM" });
    expect(toggle).toHaveBeenCalledOnce();
  });

  it("handles only the keys in the target", () => {
    function CustomCall() {
      const [box, setBox] = useState<HTMLElement | null>(null);
      useCallShortcuts({ media: muted, target: box, enabled: box !== null });
      return (
        <div ref={setBox} data-testid="box">
          <button>Mute</button>
          <input aria-label="Name" />
        </div>
      );
    }
    show(<CustomCall />);
    press(screen.getByLabelText("Name"), " ", "m");
    press(document.body, " ", "m");
    press(screen.getByText("Mute"), " ");
    expect(setEnabled).not.toHaveBeenCalled();
    expect(toggle).not.toHaveBeenCalled();
    press(screen.getByText("Mute"), "m");
    expect(toggle).toHaveBeenCalledOnce();
    press(screen.getByTestId("box"), " ");
    expect(setEnabled.mock.calls).toEqual([[true], [false]]);
  });
});

describe("useSelfView", () => {
  function Handle() {
    const { selfViewProps } = useSelfView("top-end");
    return (
      <div {...selfViewProps} role="presentation" data-testid="handle">
        <input aria-label="Name" />
      </div>
    );
  }

  it("ignores arrow keys of a field in it, and keys with a modifier", () => {
    show(<Handle />);
    const handle = screen.getByTestId("handle");
    const handled = (element: Element, init: KeyboardEventInit) =>
      !fireEvent.keyDown(element, { key: "ArrowLeft", ...init });
    expect(handled(screen.getByLabelText("Name"), {})).toBe(false);
    expect(handled(handle, { altKey: true })).toBe(false);
    expect(handle.dataset["corner"]).toBe("top-end");
    expect(handled(handle, {})).toBe(true);
    expect(handle.dataset["corner"]).toBe("top-start");
  });
});
