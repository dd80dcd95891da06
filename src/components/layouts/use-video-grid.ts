"use client";
/** Owns which tiles a grid shows and where: it measures its box and the shapes of the pictures in it. */
import { useCallback, useEffect, useMemo, useState, type CSSProperties } from "react";
import type { Call } from "../../core/call/call.ts";
import { shallowEqual } from "../../core/lib/store.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { arrangeStage, type Stage } from "./arrange-stage.ts";
import { viewOf } from "../own-document.ts";
import type { TileBox } from "./pack-tiles.ts";
import { picturesOf, type TileSource } from "./use-spotlight.ts";

/** Options of {@link useVideoGrid}. */
export interface VideoGridOptions {
  /** How many people are shown at once, at most; fewer where their tiles would be too small. Default 16. */
  pageSize?: number | undefined;
}

/** A tile of the grid, and where it goes. */
export interface VideoGridTile extends TileSource {
  style: CSSProperties;
}

/** A grid, to be put on markup of one's own. */
export type VideoGridState = ReturnType<typeof useVideoGrid>;

interface Measured extends Stage {
  /** Width to height of a tile without a picture. */
  readonly ratio: number;
}

/** Shapes of cameras. What is nearly one of them is a matter of rounding, and not to be told apart. */
const SHAPES = [16 / 9, 4 / 3, 1, 3 / 4, 9 / 16];
const NEARLY = 0.04;
/** Longer or taller pictures are shown with an edge cut off. */
const [TALLEST, WIDEST] = [1 / 2, 5 / 2];
/** After a window was resized. */
const CALM_AFTER = 300;

/**
 * The tiles of a call, packed into a box without cropping: shared screens first, then people in the
 * order of joining, oneself last; the call is by default that of the nearest `CallProvider`. `gridProps` go on the box, which has a size of its own; each tile's
 * `style` on its element. Give the elements the `key`s, and no video starts anew when somebody comes
 * or goes.
 *
 * Between tiles is the box's CSS `gap`; its `padding-block-end` is kept free for buttons when there is
 * more than one page; a tile without a picture has its `--twocan-tile-ratio` (16 / 9). `data-packed` is `false` until the box is measured (on a server, say), `data-still` is
 * there while the window is resized. Only the tiles of this page are given; pages count from 1.
 *
 * @example
 * const { gridProps, tiles, page, pages, setPage } = useVideoGrid(call);
 * return (
 *   <ul {...gridProps} className="tiles">
 *     {tiles.map(({ key, participant, source, style }) => (
 *       <li key={key} style={style}>
 *         <MyTile participant={participant} source={source} />
 *       </li>
 *     ))}
 *   </ul>
 * );
 */
export function useVideoGrid(given?: Call, { pageSize = 16 }: VideoGridOptions = {}) {
  const call = useCurrentCall(given);
  const [grid, setGrid] = useState<HTMLElement | null>(null);
  const [box, setBox] = useState<Measured>();
  const [shapes, setShapes] = useState<ReadonlyMap<MediaStream, number>>(() => new Map());
  const [wanted, setPage] = useState(1);

  const take = useCallback((node: HTMLElement) => {
    const next = measure(node);
    if (next) setBox((former) => (shallowEqual(next, former) ? former : next));
  }, []);
  const ref = useCallback(
    (node: HTMLElement | null) => {
      // Measured before the first paint, so that nothing is seen to jump.
      if (node) take(node);
      setGrid(node);
    },
    [take],
  );
  useEffect(() => {
    if (grid) return watchBox(grid, () => take(grid));
  }, [grid, take]);
  useEffect(() => {
    if (!grid) return;
    return watchShapes(grid, (stream, ratio) =>
      setShapes((known) => {
        if (known.get(stream) === ratio) return known;
        return new Map([...known].filter(([one]) => one.active)).set(stream, ratio);
      }),
    );
  }, [grid]);

  const pictures = picturesOf([...call.participants, call.self]);
  const count = pictures.findIndex(({ source }) => source === "camera");
  const { pages, perPage, places } = useArrangement(
    box,
    ratiosOf(pictures, shapes, box?.ratio),
    count,
    wanted,
    pageSize,
  );
  const page = Math.min(wanted, pages);
  const first = count + (page - 1) * perPage;
  const shown = [...pictures.slice(0, count), ...pictures.slice(first, first + perPage)];

  return {
    gridProps: {
      ref,
      style: BOX,
      "data-twocan": "video-grid-stage",
      "data-packed": box !== undefined,
    },
    tiles: shown.map((picture, at): VideoGridTile =>
      Object.assign({ style: places[at] ?? ANYWHERE }, picture),
    ),
    page,
    pages,
    setPage,
  };
}

/** Before anything is measured: how many pages there will be is a guess. */
const UNKNOWN: Stage = { width: 1280, height: 720, gap: 0, foot: 0 };
const BOX: CSSProperties = { position: "relative" };
const ANYWHERE: CSSProperties = {};

function ratiosOf(
  pictures: readonly TileSource[],
  shapes: ReadonlyMap<MediaStream, number>,
  otherwise = 16 / 9,
): string {
  return pictures
    .map(({ participant, source }) => {
      const stream = source === "screen" ? participant.screen : participant.stream;
      return (stream && shapes.get(stream)) ?? otherwise;
    })
    .join(" ");
}

/**
 * Where all goes. `ratios` are one text, so that the places (and with them the tiles, which are memos)
 * stay the same until a number in it changes.
 */
function useArrangement(
  box: Measured | undefined,
  ratios: string,
  screens: number,
  page: number,
  pageSize: number,
) {
  return useMemo(() => {
    const all = ratios.split(" ").map(Number);
    const arranged = arrangeStage(
      box ?? UNKNOWN,
      { screens: all.slice(0, screens), people: all.slice(screens) },
      page,
      pageSize,
    );
    const places = box ? [...arranged.screens, ...arranged.people].map(styleOf) : [];
    return { ...arranged, places };
  }, [box, ratios, screens, page, pageSize]);
}

/** On whole pixels, and edges that meet stay together. */
function styleOf({ x, y, width, height }: TileBox) {
  const [left, top] = [Math.round(x), Math.round(y)];
  return {
    position: "absolute",
    insetInlineStart: left,
    insetBlockStart: top,
    inlineSize: Math.round(x + width) - left,
    blockSize: Math.round(y + height) - top,
  } satisfies CSSProperties;
}

/** Undefined while the box is not to be seen: all stays as it was, then. */
function measure(node: HTMLElement): Measured | undefined {
  const { clientWidth: width, clientHeight: height } = node;
  if (width === 0 || height === 0) return undefined;
  const style = viewOf(node).getComputedStyle(node);
  const [across = NaN, down = 1] = style
    .getPropertyValue("--twocan-tile-ratio")
    .split("/")
    .map(Number);
  return {
    width,
    height,
    gap: Number.parseFloat(style.columnGap) || 0,
    foot: Number.parseFloat(style.paddingBlockEnd) || 0,
    ratio: across / down || 16 / 9,
  };
}

/** Tells of every size that the box takes; while the window is resized, also the box that all is to stand still. */
function watchBox(node: HTMLElement, onSize: () => void): () => void {
  // jsdom has no ResizeObserver and no layout, so there is no size to observe.
  if (typeof ResizeObserver === "undefined") return () => {};
  let calm: ReturnType<typeof setTimeout> | undefined;
  let seen = "";
  // Of the window that shows the box: an observer of another window is not called.
  const view = viewOf(node);
  const observer = new view.ResizeObserver(() => {
    const now = `${view.innerWidth} ${view.innerHeight}`;
    if (now !== seen) {
      seen = now;
      node.dataset["still"] = "";
      clearTimeout(calm);
      calm = setTimeout(() => delete node.dataset["still"], CALM_AFTER);
    }
    onSize();
  });
  observer.observe(node);
  return () => {
    observer.disconnect();
    clearTimeout(calm);
  };
}

/** Tells the shape of every picture in the box, and when it changes: a phone is turned, another window shared. */
function watchShapes(
  node: HTMLElement,
  onShape: (stream: MediaStream, ratio: number) => void,
): () => void {
  const tell = ({ target }: Event) => {
    // By their members: in another window these are not instances of the classes of this one.
    const { srcObject, videoWidth = 0, videoHeight = 0 } = target as Partial<HTMLVideoElement>;
    const exact = videoWidth / videoHeight;
    if (!srcObject || !("getTracks" in srcObject) || !(exact > 0)) return;
    const shape = SHAPES.find((one) => Math.abs(exact / one - 1) < NEARLY) ?? exact;
    onShape(srcObject, Math.min(WIDEST, Math.max(TALLEST, shape)));
  };
  // It does not bubble, and a video that is not there yet cannot be listened to: on its way down, then.
  node.addEventListener("resize", tell, true);
  return () => node.removeEventListener("resize", tell, true);
}
