import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { Profiler, StrictMode, useEffect } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { page } from "vitest/browser";
import "../../../src/components/styles/styles.css";
import { useStore, VideoGrid } from "../../../src/index.ts";
import { simulateCall, type SimulationOptions } from "../../../src/testing/index.ts";
import { callOf, participant } from "../../support/fixtures.ts";

beforeEach(() => page.viewport(1024, 640));
afterEach(cleanup);

/** Renders a grid of 1000 x 600 px with a simulated call. */
function showGrid(options: SimulationOptions, pageSize?: number) {
  const simulation = simulateCall({ sound: false, ...options });
  const commits = { count: 0 };
  function Screen() {
    useEffect(() => simulation.call.retain(), []);
    return <VideoGrid call={useStore(simulation.call)} pageSize={pageSize} />;
  }
  const { container } = render(
    <StrictMode>
      <Profiler id="grid" onRender={() => (commits.count += 1)}>
        <div style={{ inlineSize: 1000, blockSize: 600 }}>
          <Screen />
        </div>
      </Profiler>
    </StrictMode>,
  );
  return { simulation, commits, container };
}

const tiles = () => screen.getAllByRole("figure");
const videos = () => tiles().map((tile) => tile.querySelector("video"));
/** Compares by identity, because `toEqual` accepts another video element that looks the same. */
const expectSame = (found: readonly unknown[], wanted: readonly unknown[]) => {
  expect(found).toHaveLength(wanted.length);
  for (const [at, one] of found.entries()) expect(one).toBe(wanted[at]);
};
const tileOf = (name: string) => screen.getByRole("figure", { name });
const region = () => screen.getByRole("region", { name: "Participants" });
const named = (...names: string[]) => names.map((name) => ({ id: name.toLowerCase(), name }));
/** Returns the target position of a tile, also during a transition. */
const placeOf = ({ style }: HTMLElement) => ({
  x: Number.parseFloat(style.insetInlineStart),
  y: Number.parseFloat(style.insetBlockStart),
  width: Number.parseFloat(style.inlineSize),
  height: Number.parseFloat(style.blockSize),
});

describe("VideoGrid", () => {
  it("does not render for audio levels while nine people speak", async () => {
    const people = Array.from({ length: 8 }, (_, at) => ({ id: `p${at}` }));
    const { simulation, commits } = showGrid({ participants: people });
    for (const { id } of [...people, { id: "self" }]) simulation.speak(id);
    const speaking = () => tiles().filter(({ dataset }) => dataset["speaking"] === "true");
    await waitFor(() => expect(speaking()).toHaveLength(9));
    // Each tile also renders once for its quality and once for its first frame.
    const measured = () => tiles().filter(({ dataset }) => dataset["quality"] === "good");
    await waitFor(() => expect(measured()).toHaveLength(8));
    const pictures = () => tiles().filter(({ dataset }) => dataset["picture"] === "video");
    await waitFor(() => expect(pictures()).toHaveLength(9));

    let updates = 0;
    const stops = simulation.call
      .getSnapshot()
      .participants.map(({ level }) => level!.subscribe(() => (updates += 1)));
    const before = commits.count;
    await waitFor(() => expect(updates).toBeGreaterThan(8 * 60));
    for (const stop of stops) stop();
    expect(commits.count).toBe(before);
  });

  it("keeps all video elements when participants join and leave and share screens", async () => {
    const { simulation } = showGrid({ participants: named("Mina", "Tom") });
    const [minas, toms, own] = videos();
    act(() => {
      simulation.join({ id: "noor", name: "Noor" });
      simulation.share("mina");
    });
    expect(tiles().map((tile) => tile.getAttribute("aria-label"))).toEqual([
      "Mina: screen",
      "Mina",
      "Tom",
      "Noor",
      "Sam (you)",
    ]);
    expectSame([videos()[1], videos()[2], videos()[4]], [minas, toms, own]);
    act(() => simulation.leave("mina"));
    expectSame([videos()[0], videos()[2]], [toms, own]);
    await waitFor(() => expect(toms?.paused).toBe(false));
  });

  it("shows that it waits for other participants", () => {
    render(<VideoGrid call={callOf([], { status: "waiting" })} />);
    expect(screen.getByText("Waiting for others to join…")).toBeDefined();
  });

  it("gives each tile the aspect ratio of its video, also after a phone is rotated", async () => {
    const { simulation } = showGrid({
      participants: [{ id: "phone", name: "Phone", aspectRatio: 9 / 16 }, ...named("Mina")],
    });
    const shapeOf = (name: string) => {
      const { width, height } = placeOf(tileOf(name));
      return width / height;
    };
    await waitFor(() => expect(shapeOf("Phone")).toBeCloseTo(9 / 16, 1));
    expect(shapeOf("Mina")).toBeCloseTo(16 / 9, 1);
    act(() => simulation.change("phone", { aspectRatio: 4 / 3 }));
    await waitFor(() => expect(shapeOf("Phone")).toBeCloseTo(4 / 3, 1));
  });

  it("keeps all tiles inside the box without overlap", async () => {
    const { container } = showGrid({ participants: 12 });
    const box = container.querySelector("[data-packed=true]")!.getBoundingClientRect();
    const places = tiles().map(placeOf);
    expect(places).toHaveLength(13);
    for (const [at, one] of places.entries()) {
      expect(Math.min(one.x, one.y)).toBeGreaterThanOrEqual(0);
      expect(one.x + one.width).toBeLessThanOrEqual(Math.ceil(box.width));
      expect(one.y + one.height).toBeLessThanOrEqual(Math.ceil(box.height));
      for (const other of places.slice(at + 1))
        expect(other.x >= one.x + one.width || other.y >= one.y + one.height).toBe(true);
    }
  });

  it("gives a shared screen the larger part, beside people or above them", async () => {
    const { simulation, container } = showGrid({ participants: named("Mina", "Tom") });
    act(() => simulation.share("mina"));
    const large = () => placeOf(tileOf("Mina: screen"));
    expect(large().width * large().height).toBeGreaterThan(1000 * 600 * 0.5);
    expect(placeOf(tileOf("Tom")).x).toBeGreaterThan(large().width);
    container.querySelector<HTMLElement>("div")!.style.inlineSize = "360px";
    await waitFor(() => expect(placeOf(tileOf("Tom")).y).toBeGreaterThan(large().height));
    expect(large().width).toBe(360);
  });

  it("changes pages, and unmounts the videos of other pages", () => {
    const people = named("Ann", "Bob", "Cho", "Dan", "Eve");
    const { simulation } = showGrid({ participants: people }, 2);
    const names = () => tiles().map((tile) => tile.getAttribute("aria-label"));
    expect(names()).toEqual(["Ann", "Bob"]);
    expect(region().dataset).toMatchObject({ people: "6", page: "1", pages: "3" });
    const [ann, bob] = videos();
    act(() => simulation.leave("eve"));
    act(() => void simulation.join({ id: "fay", name: "Fay" }));
    expectSame(videos(), [ann, bob]);

    const next = screen.getByRole("button", { name: "Next page" });
    fireEvent.click(next);
    expect(names()).toEqual(["Cho", "Dan"]);
    expect(ann?.isConnected).toBe(false);
    fireEvent.click(next);
    fireEvent.click(next);
    expect(region().dataset["page"]).toBe("3");
    expect(next.getAttribute("aria-disabled")).toBe("true");
    // With one page left, the page buttons are removed.
    for (const { id } of people.slice(1, 4)) act(() => simulation.leave(id));
    act(() => simulation.leave("fay"));
    expect(names()).toEqual(["Ann", "Sam (you)"]);
    expect(screen.queryByRole("button", { name: "Next page" })).toBeNull();
  });

  it("splits people into pages when tiles would be too small", async () => {
    const { container } = showGrid({ participants: 11 });
    expect(region().dataset["pages"]).toBe("1");
    const box = container.querySelector<HTMLElement>("div")!;
    [box.style.inlineSize, box.style.blockSize] = ["320px", "400px"];
    await waitFor(() => expect(region().dataset["pages"]).toBe("2"));
    // Page buttons that take space would appear and disappear in a loop in a box that is just large enough.
    expect(container.querySelector("[data-packed=true]")?.clientHeight).toBe(400);
    for (const { width, height } of tiles().map(placeOf))
      expect(width * height).toBeGreaterThan(9_000);
  });

  it("moves tiles with a transition when a participant joins, but not while the window is resized", async () => {
    const { simulation, container } = showGrid({ participants: named("Mina") });
    container.querySelector<HTMLElement>("div")!.style.inlineSize = "90vw";
    const stage = container.querySelector<HTMLElement>("[data-packed=true]")!;
    // The first measured size counts as a resize of the window.
    await waitFor(() => expect(stage.dataset["still"]).toBe(""));
    await waitFor(() => expect(stage.dataset["still"]).toBeUndefined());
    expect(tileOf("Mina").getAnimations()).toEqual([]);
    act(() => void simulation.join({ id: "tom", name: "Tom" }));
    expect(tileOf("Mina").getAnimations()).not.toEqual([]);
    expect(tileOf("Tom").getAnimations()).not.toEqual([]);

    await waitFor(() => expect(tileOf("Mina").getAnimations()).toEqual([]));
    const moved = vi.fn<() => void>();
    stage.addEventListener("transitionrun", moved);
    const before = placeOf(tileOf("Mina"));
    // `data-still` is set only for a short time, so it is read when a tile is positioned.
    const stills: (string | undefined)[] = [];
    const watch = new MutationObserver(() => stills.push(stage.dataset["still"]));
    watch.observe(tileOf("Mina"), { attributeFilter: ["style"] });
    await page.viewport(700, 640);
    await waitFor(() => expect(placeOf(tileOf("Mina"))).not.toEqual(before));
    await waitFor(() => expect(stage.dataset["still"]).toBeUndefined());
    watch.disconnect();
    expect(new Set(stills)).toEqual(new Set([""]));
    expect(moved).not.toHaveBeenCalled();
  });

  it("shows columns until it is measured, and hydrates the markup of the server", () => {
    const grid = <VideoGrid call={callOf([participant()])} />;
    const container = document.body.appendChild(document.createElement("div"));
    container.innerHTML = renderToString(grid);
    expect(container.querySelector("[data-packed=false]")).not.toBeNull();
    const [first, second] = [...container.querySelectorAll("figure")].map((tile) =>
      tile.getBoundingClientRect(),
    );
    expect(second!.left).toBeGreaterThanOrEqual(first!.right);
    expect(first!.height).toBeGreaterThan(100);
    const consoleError = vi.spyOn(console, "error").mockReturnValue();
    render(grid, { container, hydrate: true });
    expect(consoleError).not.toHaveBeenCalled();
    consoleError.mockRestore();
    expect(container.querySelector("[data-packed=true]")).not.toBeNull();
    container.remove();
  });
});
