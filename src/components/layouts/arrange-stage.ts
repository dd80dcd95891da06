/** Owns where the screens and the people of a call go on a stage, and how many people fit. Not exported from the package. */
import { packTiles, type TileBox } from "./pack-tiles.ts";

/** What a stage measures, in CSS pixels. */
export interface Stage {
  readonly width: number;
  readonly height: number;
  readonly gap: number;
  /** Of the height, at the end: for the buttons that turn the pages, where there are any. */
  readonly foot: number;
}

/** Width to height of everything to be shown. */
interface Shapes {
  readonly screens: readonly number[];
  readonly people: readonly number[];
}

/** How many pages of people there are, how many are on each, and where the tiles of one go. */
interface Arrangement {
  readonly pages: number;
  readonly perPage: number;
  readonly screens: readonly TileBox[];
  readonly people: readonly TileBox[];
}

/** Of a tile, about 133 by 75: smaller ones show no face. */
const SMALLEST = 10_000;
/** How much taller one person may be shown than another. */
const SPREAD = 1.6;
/** Of the longer side, for screens: the more people, the less. */
const [MOST, LESS] = [0.8, 0.67];

/**
 * Everybody on one stage. Screens take the large part, beside the people or above them, and are on
 * every page. `page` counts from 1 and may be too high.
 */
export function arrangeStage(
  stage: Stage,
  shapes: Shapes,
  page: number,
  pageSize: number,
): Arrangement {
  const total = shapes.people.length;
  const whole = withScreens(stage, shapes);
  const everybody = packPeople(whole.room, shapes.people);
  if (total === 1 || (total <= pageSize && smallest(everybody) >= SMALLEST))
    return { pages: 1, perPage: total, screens: whole.screens, people: everybody };

  // Settled above, with the foot still the people's: else the buttons might take the room that makes
  // them needed, and come and go for ever.
  const { screens, room } = withScreens({ ...stage, height: stage.height - stage.foot }, shapes);
  const area = Math.max(0, room.width * room.height);
  let most = Math.max(1, Math.min(total - 1, pageSize, Math.floor(area / SMALLEST)));
  while (most > 1 && smallest(packPeople(room, shapes.people.slice(0, most))) < SMALLEST) most -= 1;
  // As many on each page as on the others, so that nobody is left alone on the last one.
  const pages = Math.ceil(total / most);
  const perPage = Math.ceil(total / pages);
  const first = (Math.min(page, pages) - 1) * perPage;
  const people = packPeople(room, shapes.people.slice(first, first + perPage));
  return { pages, perPage, screens, people };
}

interface Room {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly gap: number;
}

function withScreens(
  { width, height, gap }: Stage,
  { screens, people }: Shapes,
): { screens: readonly TileBox[]; room: Room } {
  if (screens.length === 0) return { screens: [], room: { x: 0, y: 0, width, height, gap } };
  const beside = width * 3 > height * 4;
  const wide = beside ? width * (people.length > 4 ? LESS : MOST) : width;
  const tall = beside ? height : height * LESS;
  const boxes = packTiles({ width: wide, height: tall, gap, ratios: screens, spread: SPREAD });
  // What the screens leave of their part is the people's.
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

function packPeople(room: Room, ratios: readonly number[]): TileBox[] {
  let boxes = packTiles({ ...room, ratios, spread: SPREAD });
  // All alike rather than some too small.
  if (smallest(boxes) < SMALLEST) boxes = packTiles({ ...room, ratios, spread: 1 });
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
