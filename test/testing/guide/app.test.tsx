// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { StrictMode } from "react";
import { withUsage, type CountedSignaling } from "twocan/compose";
import { createFakeNetwork, type FakeNetwork, type FakePeer } from "twocan/fake-webrtc";
import { eventually } from "twocan/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { App } from "./app.tsx";

let network: FakeNetwork;
let page: FakePeer;
let signaling: CountedSignaling;
let uninstall: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  network = createFakeNetwork({ seed: 7 });
  page = network.peer();
  signaling = withUsage(network.signaling);
  uninstall = page.install();
});

afterEach(async () => {
  cleanup();
  // The light goes out, and the connections close, one task after the last component has gone.
  await eventually(() => expect([...page.liveTracks, ...network.connections]).toEqual([]));
  uninstall();
  vi.useRealTimers();
});

/** Opens the application for somebody, and looks at it with their eyes. */
function open(name: string) {
  render(
    <StrictMode>
      <App name={name} signaling={signaling} />
    </StrictMode>,
  );
  const view = within(screen.getByRole("main", { name }));
  return {
    ...view,
    status: () => view.getByText(/^(joining|waiting|connected|reconnecting|left)$/).textContent,
    tile: (person: RegExp) => view.getByRole("figure", { name: person }),
  };
}

async function openBoth() {
  const [mina, jun] = [open("Mina"), open("Jun")];
  await eventually(() => {
    expect(mina.status()).toBe("connected");
    expect(jun.status()).toBe("connected");
  });
  return { mina, jun };
}

it("shows two people to each other", async () => {
  const { mina, jun } = await openBoth();
  await eventually(() => {
    expect(mina.tile(/^Jun/).dataset["picture"]).toBe("video");
    expect(jun.tile(/^Mina/).dataset["picture"]).toBe("video");
  });
});

it("shows the other side that a camera is off", async () => {
  const { mina, jun } = await openBoth();
  fireEvent.click(mina.getByRole("button", { name: "Camera" }));
  await eventually(() => expect(jun.tile(/^Mina, camera off$/)).toBeTruthy());
  fireEvent.click(mina.getByRole("button", { name: "Camera" }));
  await eventually(() => expect(jun.tile(/^Mina$/)).toBeTruthy());
});

it("reconnects when the network is gone for a while", async () => {
  const { mina, jun } = await openBoth();
  network.partition();
  await eventually(() => {
    expect(mina.status()).toBe("reconnecting");
    expect(jun.status()).toBe("reconnecting");
  });
  network.heal();
  await eventually(() => {
    expect(mina.status()).toBe("connected");
    expect(jun.status()).toBe("connected");
  });
});

it("goes back to waiting when the other leaves", async () => {
  const { mina, jun } = await openBoth();
  fireEvent.click(jun.getByRole("button", { name: "Leave the call" }));
  await eventually(() => {
    expect(jun.status()).toBe("left");
    expect(mina.status()).toBe("waiting");
  });
});

it("says what to do when the camera is denied, and the voice is there all the same", async () => {
  page.denyCamera();
  const { mina, jun } = await openBoth();
  expect(mina.getByRole("alert").textContent).toMatch(/site settings/);
  expect(jun.tile(/^Mina, camera off$/)).toBeTruthy();
});

it("finds its way over signaling that loses a third of everything", async () => {
  network.lose(1 / 3);
  const { mina } = await openBoth();
  expect(mina.tile(/^Jun/)).toBeTruthy();
});

it("keeps to its budget of signaling, whatever happens in the call", async () => {
  const { mina, jun } = await openBoth();
  for (const camera of [/^Mina, camera off$/, /^Mina$/]) {
    fireEvent.click(mina.getByRole("button", { name: "Camera" }));
    await eventually(() => expect(jun.tile(camera)).toBeTruthy());
  }
  // Packets of all people together. On Firestore each is one write and one read.
  expect(signaling.usage().sent).toBeLessThanOrEqual(5);
});
