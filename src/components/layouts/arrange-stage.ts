import { packTiles, type TileBox } from "./pack-tiles.ts";

/** The measures of a stage, in CSS pixels. */
export interface Stage {
  readonly width: number;
  readonly height: number;
  readonly gap: number;
  /** The part of the height that is kept free at the end for the page buttons, if there are any. */
  readonly foot: number;
}

/** The aspect ratios of all tiles, width to height. */
interface Shapes {
  readonly screens: readonly number[];
  readonly people: readonly number[];
}

interface Arrangement {
  /** The number of pages of people. */
  readonly pages: number;
  /** The number of people on each page. */
  readonly perPage: number;
  /** The tiles of the screens, on every page. */
  readonly screens: readonly TileBox[];
  /** The tiles of the people on this page. */
  readonly people: readonly TileBox[];
}

/** In square CSS pixels, about 133 by 75. A face is not recognizable in a smaller tile. */
const MIN_TILE_AREA = 10_000;
/** How many times as tall as another the tile of a person may be. */
const MAX_SPREAD = 1.6;
/** The part of the longer side that screens take, with few people and with many. */
const SCREEN_PART = { few: 0.8, many: 0.67 };

/**
 * Arranges all tiles of a call on one stage, with at most `pageSize` people on a page. Screens take
 * the larger part, beside the people or above them, and are on every page. `page` counts from 1 and
 * may exceed the number of pages.
 */
export function arrangeStage(
  stage: Stage,
  shapes: Shapes,
  page: number,
  pageSize: number,
): Arrangement {
  const total = shapes.people.length;
  const whole = withScreens(stage, shapes);
  const allPeople = packPeople(whole.room, shapes.people);
  if (total === 1 || (total <= pageSize && smallest(allPeople) >= MIN_TILE_AREA))
    return { pages: 1, perPage: total, screens: whole.screens, people: allPeople };

  // Decided above with the foot available to people. If it were not, the page buttons could take the
  // space whose lack makes them necessary, and appear and disappear in a loop.
  const { screens, room } = withScreens({ ...stage, height: stage.height - stage.foot }, shapes);
  const area = Math.max(0, room.width * room.height);
  let fitting = Math.max(1, Math.min(total - 1, pageSize, Math.floor(area / MIN_TILE_AREA)));
  while (fitting > 1 && smallest(packPeople(room, shapes.people.slice(0, fitting))) < MIN_TILE_AREA)
    fitting -= 1;
  // Spread evenly over the pages, so that the last page does not show one person alone.
  const pages = Math.ceil(total / fitting);
  const perPage = Math.ceil(total / pages);
  const first = (Math.min(page, pages) - 1) * perPage;
  const people = packPeople(room, shapes.people.slice(first, first + perPage));
  return { pages, perPage, screens, people };
}

/** The part of the stage that is left for people. */
interface FreeArea {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly gap: number;
}

function withScreens(
  { width, height, gap }: Stage,
  { screens, people }: Shapes,
): { screens: readonly TileBox[]; room: FreeArea } {
  if (screens.length === 0) return { screens: [], room: { x: 0, y: 0, width, height, gap } };
  const beside = width * 3 > height * 4;
  const wide = beside ? width * (people.length > 4 ? SCREEN_PART.many : SCREEN_PART.few) : width;
  const tall = beside ? height : height * SCREEN_PART.many;
  const boxes = packTiles({ width: wide, height: tall, gap, ratios: screens, spread: MAX_SPREAD });
  // The screens rarely fill their part. The rest of it goes to the people.
  const x = beside ? Math.min(...boxes.map((box) => box.x)) : 0;
  const y = beside ? 0 : Math.min(...boxes.map((box) => box.y));
  const [right, below] = [wide - 2 * x + gap, tall - 2 * y + gap];
  return {
    screens: boxes.map((box) => moved(box, -x, -y)),
    room: beside
      ? { x: right, y: 0, width: width - right, height, gap }
      : { x: 0, y: below, width, height: height - below, gap },
  };
}

function packPeople(room: FreeArea, ratios: readonly number[]): TileBox[] {
  let boxes = packTiles({ ...room, ratios, spread: MAX_SPREAD });
  // Equal tiles are better than some that are too small.
  if (smallest(boxes) < MIN_TILE_AREA) boxes = packTiles({ ...room, ratios, spread: 1 });
  return boxes.map((box) => moved(box, room.x, room.y));
}

const smallest = (boxes: readonly TileBox[]) =>
  Math.min(...boxes.map(({ width, height }) => width * height));

const moved = ({ x, y, width, height }: TileBox, byX: number, byY: number): TileBox => ({
  x: x + byX,
  y: y + byY,
  width,
  height,
});
