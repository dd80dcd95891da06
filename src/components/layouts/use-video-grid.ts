"use client";
import {
  useCallback,
  useEffect,
  useMemo,
  useState,
  type CSSProperties,
  type RefCallback,
} from "react";
import type { Call } from "../../core/call/call.ts";
import { shallowEqual } from "../../core/lib/store.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { arrangeStage, type Stage } from "./arrange-stage.ts";
import { viewOf } from "../own-document.ts";
import type { TileBox } from "./pack-tiles.ts";
import { tilesOf, type TileSource } from "./use-spotlight.ts";

/** Configures {@link useVideoGrid}. */
export interface VideoGridOptions {
  /**
   * The greatest number of people on a page. There are fewer if their tiles would be too small.
   *
   * @default 16
   */
  pageSize?: number | undefined;
}

/** A tile of the grid and its position. */
export interface VideoGridTile extends TileSource {
  /** The position in the box; empty until the box is measured. */
  style: CSSProperties;
}

/** The tiles of the current page, with the props of their box. */
export interface VideoGridState {
  /** The props of the box, whose size must not depend on its content. */
  readonly gridProps: {
    readonly ref: RefCallback<HTMLElement>;
    readonly style: CSSProperties;
    readonly "data-twocan": string;
    readonly "data-packed": boolean;
  };
  /** The tiles of the shared screens and of the people on the current page. */
  readonly tiles: readonly VideoGridTile[];
  /** The current page, from 1. */
  readonly page: number;
  /** The number of pages. */
  readonly pages: number;
  /** Shows another page. */
  setPage(page: number): void;
}

interface Measured extends Stage {
  /** The aspect ratio of a tile without video. */
  readonly ratio: number;
}

/** The aspect ratios of cameras. A video with nearly one of them is rounded to it. */
const CAMERA_RATIOS = [16 / 9, 4 / 3, 1, 3 / 4, 9 / 16];
const RATIO_TOLERANCE = 0.04;
/** Video beyond these ratios is cropped. */
const [MIN_RATIO, MAX_RATIO] = [1 / 2, 5 / 2];
/** Tiles move without a transition until this time after the last resize of the window. */
const RESIZE_END_MS = 300;

/**
 * Packs the tiles of a call into a box without cropping: shared screens first, then people in the
 * order of joining, the local participant last. Set `gridProps` on the box and the `style` of each
 * tile on its element. Use each `key`, so that no video restarts when a participant joins or leaves.
 *
 * CSS of the box: `gap` is the distance between tiles, and `padding-block-end` is kept free for
 * buttons if there is more than one page. `--twocan-tile-ratio` is the ratio of a tile without video
 * (16 / 9). `data-packed` is `false` until the box is measured, for example on a server. `data-still`
 * is set while the window is resized.
 *
 * @param given Default: the call of the nearest `CallProvider`.
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
export function useVideoGrid(
  given?: Call,
  { pageSize = 16 }: VideoGridOptions = {},
): VideoGridState {
  const call = useCurrentCall(given);
  const [grid, setGrid] = useState<HTMLElement | null>(null);
  const [box, setBox] = useState<Measured>();
  const [ratios, setRatios] = useState<ReadonlyMap<MediaStream, number>>(() => new Map());
  const [requestedPage, setPage] = useState(1);

  const update = useCallback((node: HTMLElement) => {
    const next = measure(node);
    if (next) setBox((former) => (shallowEqual(next, former) ? former : next));
  }, []);
  const ref = useCallback(
    (node: HTMLElement | null) => {
      // Measured before the first paint, so that no tile is seen to jump.
      if (node) update(node);
      setGrid(node);
    },
    [update],
  );
  useEffect(() => {
    if (grid) return watchBox(grid, () => update(grid));
  }, [grid, update]);
  useEffect(() => {
    if (!grid) return;
    return watchRatios(grid, (stream, ratio) =>
      setRatios((known) => {
        if (known.get(stream) === ratio) return known;
        return new Map([...known].filter(([one]) => one.active)).set(stream, ratio);
      }),
    );
  }, [grid]);

  const all = tilesOf([...call.participants, call.self]);
  const screens = all.findIndex(({ source }) => source === "camera");
  const { pages, perPage, places } = useArrangement(
    box,
    ratiosOf(all, ratios, box?.ratio),
    screens,
    requestedPage,
    pageSize,
  );
  const page = Math.min(requestedPage, pages);
  const first = screens + (page - 1) * perPage;
  const shown = [...all.slice(0, screens), ...all.slice(first, first + perPage)];

  return {
    gridProps: {
      ref,
      style: BOX_STYLE,
      "data-twocan": "video-grid-stage",
      "data-packed": box !== undefined,
    },
    tiles: shown.map((tile, at): VideoGridTile =>
      Object.assign({ style: places[at] ?? NO_STYLE }, tile),
    ),
    page,
    pages,
    setPage,
  };
}

/** Assumed until the box is measured, to estimate the number of pages. */
const ASSUMED_STAGE: Stage = { width: 1280, height: 720, gap: 0, foot: 0 };
const BOX_STYLE: CSSProperties = { position: "relative" };
const NO_STYLE: CSSProperties = {};

function ratiosOf(
  tiles: readonly TileSource[],
  ratios: ReadonlyMap<MediaStream, number>,
  fallback = 16 / 9,
): string {
  return tiles
    .map(({ participant, source }) => {
      const stream = source === "screen" ? participant.screen : participant.stream;
      return (stream && ratios.get(stream)) ?? fallback;
    })
    .join(" ");
}

/**
 * Arranges the tiles. `ratios` is one string, so that the styles stay the same objects until a ratio
 * changes: the tiles are memoized.
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
      box ?? ASSUMED_STAGE,
      { screens: all.slice(0, screens), people: all.slice(screens) },
      page,
      pageSize,
    );
    const places = box ? [...arranged.screens, ...arranged.people].map(styleOf) : [];
    return { ...arranged, places };
  }, [box, ratios, screens, page, pageSize]);
}

/** Rounds the edges, not the sizes, so that the gaps stay equal. */
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

/** Returns undefined while the box is hidden. The last measures stay valid then. */
function measure(node: HTMLElement): Measured | undefined {
  const { clientWidth: width, clientHeight: height } = node;
  if (width === 0 || height === 0) return undefined;
  const style = viewOf(node).getComputedStyle(node);
  const [ratioWidth = NaN, ratioHeight = 1] = style
    .getPropertyValue("--twocan-tile-ratio")
    .split("/")
    .map(Number);
  return {
    width,
    height,
    gap: Number.parseFloat(style.columnGap) || 0,
    foot: Number.parseFloat(style.paddingBlockEnd) || 0,
    ratio: ratioWidth / ratioHeight || 16 / 9,
  };
}

/** Calls `onSize` when the size of the box changes. Sets `data-still` while the window is resized. */
function watchBox(node: HTMLElement, onSize: () => void): () => void {
  // jsdom has no ResizeObserver and no layout, so there is no size to observe.
  if (typeof ResizeObserver === "undefined") return () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  let windowSize = "";
  // From the window that shows the box: an observer of another window is not called.
  const view = viewOf(node);
  const observer = new view.ResizeObserver(() => {
    const now = `${view.innerWidth} ${view.innerHeight}`;
    if (now !== windowSize) {
      windowSize = now;
      node.dataset["still"] = "";
      clearTimeout(timer);
      timer = setTimeout(() => delete node.dataset["still"], RESIZE_END_MS);
    }
    onSize();
  });
  observer.observe(node);
  return () => {
    observer.disconnect();
    clearTimeout(timer);
  };
}

/**
 * Calls `onRatio` with the aspect ratio of every video in the box, and when it changes: a phone is
 * rotated, or another window is shared.
 */
function watchRatios(
  node: HTMLElement,
  onRatio: (stream: MediaStream, ratio: number) => void,
): () => void {
  const report = ({ target }: Event) => {
    // Checked by members: objects of another window are not instances of the classes of this one.
    const { srcObject, videoWidth = 0, videoHeight = 0 } = target as Partial<HTMLVideoElement>;
    const exact = videoWidth / videoHeight;
    if (!srcObject || !("getTracks" in srcObject) || !(exact > 0)) return;
    const rounded =
      CAMERA_RATIOS.find((one) => Math.abs(exact / one - 1) < RATIO_TOLERANCE) ?? exact;
    onRatio(srcObject, Math.min(MAX_RATIO, Math.max(MIN_RATIO, rounded)));
  };
  // Captured at the box, because the event does not bubble and videos are mounted later.
  node.addEventListener("resize", report, true);
  return () => node.removeEventListener("resize", report, true);
}
