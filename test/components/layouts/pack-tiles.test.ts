import { describe, expect, it } from "vitest";
import { packTiles, type TileBox } from "../../../src/index.ts";

const GAP = 8;
const [WIDE, CLASSIC, SQUARE, TALL] = [16 / 9, 4 / 3, 1, 9 / 16];
/** Aspect ratios of the tiles. Each test uses the first ones. */
const RATIOS = {
  "of one ratio": Array.from({ length: 16 }, () => WIDE),
  "that include upright ones": Array.from({ length: 16 }, (_, at) => (at % 3 === 1 ? TALL : WIDE)),
  "that are upright but one": Array.from({ length: 16 }, (_, at) => (at === 4 ? CLASSIC : TALL)),
  "of all common ratios": Array.from(
    { length: 16 },
    (_, at) => [WIDE, CLASSIC, SQUARE, TALL][at % 4]!,
  ),
  "of uncommon ratios": Array.from({ length: 16 }, (_, at) => 0.5 + ((at * 7919) % 97) / 48),
};
const CASES = Object.entries(RATIOS).map(([name, tileRatios]) => ({ name, tileRatios }));
/** The sizes of phones, tablets, windows and extreme boxes. */
const BOXES = [240, 320, 360, 412, 600, 800, 1280, 2560].flatMap((width) =>
  [160, 360, 640, 900, 1440].map((height) => ({ width, height })),
);

const areaOf = (tiles: readonly TileBox[]) =>
  tiles.reduce((sum, { width, height }) => sum + width * height, 0);

/**
 * Returns the largest area of all layouts, by trying every division into rows of one width, of which
 * none is more than `spread` times as tall as another, and every grid of equal cells.
 */
function mostArea(
  { width, height }: { width: number; height: number },
  ratios: readonly number[],
  spread: number,
): number {
  let most = 0;
  for (let columns = 1; columns <= ratios.length; columns += 1) {
    const lines = Math.ceil(ratios.length / columns);
    const roomX = (width - GAP * (columns - 1)) / columns;
    const roomY = (height - GAP * (lines - 1)) / lines;
    if (roomX <= 0 || roomY <= 0) continue;
    const wide = ratios.map((ratio) => Math.min(roomX, roomY * ratio));
    most = Math.max(most, sumOf(wide.map((one, at) => one * (one / ratios[at]!))));
  }
  // A row has the height (wide - gaps) / sum. All rows have the height a * wide - b, and the area
  // a * wide^2 - 2 * b * wide + c.
  const rows: { sum: number; gaps: number }[] = [];
  const tryRows = (from: number, a: number, b: number, c: number) => {
    if (from === ratios.length) {
      const wide = Math.min(width, (height - GAP * (rows.length - 1) + b) / a);
      const area = a * wide * wide - 2 * b * wide + c;
      if (area <= most) return;
      const heights = rows.map((row) => (wide - row.gaps) / row.sum);
      const lowest = Math.min(...heights);
      if (lowest > 0 && Math.max(...heights) <= lowest * spread) most = area;
      return;
    }
    let sum = 0;
    for (let to = from + 1; to <= ratios.length; to += 1) {
      sum += ratios[to - 1]!;
      const gaps = GAP * (to - from - 1);
      rows.push({ sum, gaps });
      tryRows(to, a + 1 / sum, b + gaps / sum, c + (gaps * gaps) / sum);
      rows.pop();
    }
  };
  tryRows(0, 0, 0, 0);
  return most;
}

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0);

describe("packTiles", () => {
  it.each(
    [Infinity, 1.6].flatMap((spread) => CASES.map((each) => Object.assign({ spread }, each))),
  )(
    "covers at least 99 % of the best area with tiles $name and a spread of $spread",
    ({ tileRatios, spread }) => {
      for (const box of BOXES) {
        for (let people = 1; people <= 16; people += 1) {
          const ratios = tileRatios.slice(0, people);
          const shown = areaOf(packTiles({ ...box, ratios, gap: GAP, spread }));
          const share = shown / mostArea(box, ratios, spread);
          expect(share, `${people} in ${box.width} x ${box.height}`).toBeGreaterThan(0.99);
        }
      }
    },
  );

  it.each(CASES)("keeps tiles $name in the box, uncropped and apart", ({ tileRatios: ratios }) => {
    for (const { width, height } of BOXES) {
      const tiles = packTiles({ width, height, ratios, gap: GAP });
      expect(tiles).toHaveLength(16);
      for (const [at, tile] of tiles.entries()) {
        expect(tile.width / tile.height).toBeCloseTo(ratios[at]!);
        expect(Math.min(tile.x, tile.y)).toBeGreaterThan(-0.01);
        expect(tile.x + tile.width).toBeLessThan(width + 0.01);
        expect(tile.y + tile.height).toBeLessThan(height + 0.01);
        for (const later of tiles.slice(at + 1)) {
          const beside = later.x - (tile.x + tile.width);
          const below = later.y - (tile.y + tile.height);
          expect(Math.max(beside, below)).toBeGreaterThan(GAP - 0.01);
        }
      }
    }
  });

  it("prefers equal sizes when they cost little area", () => {
    const tiles = packTiles({ width: 1280, height: 720, ratios: [WIDE, WIDE, WIDE, WIDE], gap: 8 });
    expect(new Set(tiles.map(({ width }) => Math.round(width))).size).toBe(1);
  });

  it("limits the difference between row heights by spread", () => {
    const box = { width: 360, height: 640, ratios: RATIOS["of one ratio"].slice(0, 9), gap: GAP };
    const sizes = (spread?: number) =>
      packTiles(spread === undefined ? box : { ...box, spread }).map(({ width }) => width);
    expect(Math.max(...sizes()) / Math.min(...sizes())).toBeGreaterThan(5);
    expect(Math.max(...sizes(1.6)) / Math.min(...sizes(1.6))).toBeLessThan(1.8);
  });

  it("centres the tiles", () => {
    const [tile] = packTiles({ width: 1000, height: 300, ratios: [SQUARE] });
    expect(tile).toEqual({ x: 350, y: 0, width: 300, height: 300 });
  });

  it.each([
    ["no box", 0, 0],
    ["a box smaller than its gaps", 20, 20],
  ])("are there, and empty at worst, in %s", (_name, width, height) => {
    const tiles = packTiles({ width, height, ratios: RATIOS["of one ratio"], gap: GAP });
    expect(tiles).toHaveLength(16);
    for (const tile of tiles) expect(Object.values(tile).every(Number.isFinite)).toBe(true);
  });

  it("packs 200 tiles", () => {
    const ratios = Array.from({ length: 200 }, (_, at) => 0.5 + ((at * 7919) % 97) / 48);
    expect(packTiles({ width: 1280, height: 720, ratios, gap: 4 })).toHaveLength(200);
  });
});
