/** Runs React and the fake network in a real page, without the browser's WebRTC. */
import { cleanup, fireEvent, render, within } from "@testing-library/react";
import { StrictMode } from "react";
import { createFakeNetwork } from "twocan/fake-webrtc";
import { afterEach, expect, it } from "vitest";
import { App } from "../testing/guide/app.tsx";

const releases: (() => unknown)[] = [];

afterEach(async () => {
  cleanup();
  for (const release of releases.splice(0)) await release();
});

it("connects two applications on one page, whose video elements show each other", async () => {
  const network = createFakeNetwork();
  const page = network.peer();
  const uninstall = page.install();
  releases.push(async () => {
    await expect.poll(() => [...page.liveTracks, ...network.connections]).toEqual([]);
    uninstall();
  });
  const [mina, jun] = ["Mina", "Jun"].map((name) => {
    const { container } = render(
      <StrictMode>
        <App name={name} signaling={network.signaling} />
      </StrictMode>,
    );
    return within(container);
  });
  const picture = (view: typeof mina, name: RegExp) =>
    view!.queryByRole("figure", { name })?.dataset["picture"];
  await expect.poll(() => picture(mina, /^Jun/)).toBe("video");
  await expect.poll(() => picture(jun, /^Mina/)).toBe("video");
  fireEvent.click(mina!.getByRole("button", { name: "Camera" }));
  await expect.poll(() => picture(jun, /^Mina, camera off/)).toBe("avatar");
});

it("does not affect streams that the page creates itself", async () => {
  const uninstall = createFakeNetwork().peer().install();
  releases.push(uninstall);
  const canvas = document.createElement("canvas");
  canvas.getContext("2d")!.fillRect(0, 0, 10, 10);
  const stream = canvas.captureStream(10);
  const video = Object.assign(document.createElement("video"), { muted: true });
  video.srcObject = stream;
  expect(video.srcObject).toBe(stream);
  await video.play();
  expect(video.paused).toBe(false);
});
