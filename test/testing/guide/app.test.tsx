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
  // Tracks are stopped and connections closed one task after the last component has unmounted.
  await eventually(() => expect([...page.liveTracks, ...network.connections]).toEqual([]));
  uninstall();
  vi.useRealTimers();
});

/** Renders the application of one participant and returns queries of its view. */
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
    tile: (label: RegExp) => view.getByRole("figure", { name: label }),
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

it("shows both participants to each other", async () => {
  const { mina, jun } = await openBoth();
  await eventually(() => {
    expect(mina.tile(/^Jun/).dataset["picture"]).toBe("video");
    expect(jun.tile(/^Mina/).dataset["picture"]).toBe("video");
  });
});

it("shows a camera that is off to the other participant", async () => {
  const { mina, jun } = await openBoth();
  fireEvent.click(mina.getByRole("button", { name: "Camera" }));
  await eventually(() => expect(jun.tile(/^Mina, camera off$/)).toBeTruthy());
  fireEvent.click(mina.getByRole("button", { name: "Camera" }));
  await eventually(() => expect(jun.tile(/^Mina$/)).toBeTruthy());
});

it("reconnects after a network outage", async () => {
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

it("waits again after the other participant has left", async () => {
  const { mina, jun } = await openBoth();
  fireEvent.click(jun.getByRole("button", { name: "Leave the call" }));
  await eventually(() => {
    expect(jun.status()).toBe("left");
    expect(mina.status()).toBe("waiting");
  });
});

it("shows the remedy for a denied camera, and sends audio all the same", async () => {
  page.denyCamera();
  const { mina, jun } = await openBoth();
  expect(mina.getByRole("alert").textContent).toMatch(/site settings/);
  expect(jun.tile(/^Mina, camera off$/)).toBeTruthy();
});

it("connects over signaling that drops a third of all messages", async () => {
  network.lose(1 / 3);
  const { mina } = await openBoth();
  expect(mina.tile(/^Jun/)).toBeTruthy();
});

it("keeps its signaling budget", async () => {
  const { mina, jun } = await openBoth();
  for (const camera of [/^Mina, camera off$/, /^Mina$/]) {
    fireEvent.click(mina.getByRole("button", { name: "Camera" }));
    await eventually(() => expect(jun.tile(camera)).toBeTruthy());
  }
  // The packets of both participants. On Firestore each is one write and one read.
  expect(signaling.usage().sent).toBeLessThanOrEqual(5);
});
