/** Configures {@link packTiles}. All lengths have the same unit, usually CSS pixels. */
export interface PackOptions {
  readonly width: number;
  readonly height: number;
  /** The aspect ratios of the tiles, width to height, in reading order. Each is above 0. */
  readonly ratios: readonly number[];
  /**
   * The least distance between two tiles.
   *
   * @default 0
   */
  readonly gap?: number | undefined;
  /**
   * About how many times as tall as another a row may be. Without a limit, the largest total area may
   * have a few large tiles above many small ones. With 1, all rows are about equally tall.
   *
   * @default Infinity
   */
  readonly spread?: number | undefined;
}

/** A place in the box. `x` and `y` start at the start corner, which is on the right in RTL. */
export interface TileBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One division of the tiles before `to` into rows as wide as the box: the last row, and those above. */
interface Rows {
  readonly above: Rows | undefined;
  readonly from: number;
  readonly to: number;
  /** The sum of the ratios in this row. */
  readonly sum: number;
  /** The height of all rows with their gaps. */
  readonly total: number;
  /** The area of all tiles in them. */
  readonly area: number;
}

/** A candidate layout. */
interface Plan {
  readonly score: number;
  readonly place: () => TileBox[];
}

/** The bonus of equal sizes: a plan with one size wins against a plan with up to 0.5 % more area. */
const EVENNESS = 0.005;
/**
 * The number of divisions that are kept, over all numbers of tiles. With this limit the time grows as
 * the square of the number of tiles, not exponentially.
 */
const MAX_DIVISIONS = 30_000;
/** The factor between two minimum row heights that are tried. */
const HEIGHT_STEP = 1.1;

/**
 * Packs tiles into a box without cropping them, either in rows of one width (each row has one height)
 * or in a grid of equal cells, whichever shows the larger total area. The tiles stay in reading order
 * and are centred. The area is at least 99 % of the best such layout.
 *
 * @example
 * packTiles({ width: 800, height: 600, ratios: [16 / 9, 16 / 9, 9 / 16], gap: 8 });
 */
export function packTiles(options: PackOptions): TileBox[] {
  const { width, height, ratios, gap = 0, spread = Infinity } = options;
  const empty = ratios.map(() => ({ x: 0, y: 0, width: 0, height: 0 }));
  let best: Plan = { score: 0, place: () => empty };
  const consider = (plan: Plan) => {
    if (plan.score > best.score) best = plan;
  };
  if (width <= 0 || height <= 0) return empty;

  for (let columns = 1; columns <= ratios.length; columns += 1)
    consider(cells(options, gap, columns));
  // Rows that are taller than the box are shrunk to fit. Above this height the cells show more.
  const tallest = best.score > 0 ? (1.2 * width * height * height) / best.score : 4 * height;
  const lowest =
    spread === Infinity ? 0 : width / ratios.reduce((sum, ratio) => sum + ratio, 0) / 2;
  for (let low = lowest; low <= tallest; low = low * HEIGHT_STEP || Infinity) {
    const high = low * HEIGHT_STEP * spread || Infinity;
    for (const rows of divisions(options, { gap, tallest, low, high }))
      consider(justified(options, gap, rows));
  }
  return best.place();
}

/** Plans equal cells, with each tile as large as its cell allows. */
function cells({ width, height, ratios }: PackOptions, gap: number, columns: number): Plan {
  const lines = Math.ceil(ratios.length / columns);
  const roomX = (width - gap * (columns - 1)) / columns;
  const roomY = (height - gap * (lines - 1)) / lines;
  const widths = ratios.map((ratio) => Math.max(0, Math.min(roomX, roomY * ratio)));
  const heights = ratios.map((ratio, at) => (widths[at] ?? 0) / ratio);
  const area = widths.reduce((sum, one, at) => sum + one * (heights[at] ?? 0), 0);
  return {
    score: roomX > 0 && roomY > 0 ? area * (1 + EVENNESS) : 0,
    place() {
      const cellX = Math.max(...widths) + gap;
      const cellY = Math.max(...heights) + gap;
      return widths.map((wide, at) => {
        const tall = heights[at] ?? 0;
        const line = Math.floor(at / columns);
        // The last line may have fewer tiles, and is centred like the others.
        const inLine = Math.min(columns, widths.length - line * columns);
        return {
          x: (width - wide) / 2 + ((at % columns) - (inLine - 1) / 2) * cellX,
          y: (height - tall) / 2 + (line - (lines - 1) / 2) * cellY,
          width: wide,
          height: tall,
        };
      });
    },
  };
}

interface DivisionOptions {
  readonly gap: number;
  /** The greatest height of all rows together. */
  readonly tallest: number;
  /** The limits of the height of one row. */
  readonly low: number;
  readonly high: number;
}

/**
 * Divides the tiles into rows between `low` and `high`, in all ways that matter, from left to right.
 * Divisions of equal height have the same continuations, so only the one with the largest area is
 * kept. Without that there would be 2^(n-1).
 */
function divisions(
  { width, ratios }: PackOptions,
  { gap, tallest, low, high }: DivisionOptions,
): Iterable<Rows> {
  const step = (tallest * ratios.length) / MAX_DIVISIONS;
  const found: Map<number, Rows>[] = [];
  for (let to = 1; to <= ratios.length; to += 1) {
    const here = new Map<number, Rows>();
    let sum = 0;
    // Creates an object only for a division that is kept, because most are not.
    const add = (above: Rows | undefined, from: number, row: number, widths: number) => {
      const total = above ? above.total + gap + row : row;
      const area = row * widths + (above?.area ?? 0);
      const key = Math.round(total / step);
      if (total <= tallest && area > (here.get(key)?.area ?? 0))
        here.set(key, { above, from, to, sum, total, area });
    };
    for (let from = to - 1; from >= 0; from -= 1) {
      sum += ratios[from] ?? 1;
      const widths = width - gap * (to - from - 1);
      const row = widths / sum;
      if (row <= low) break;
      if (row > high) continue;
      if (from === 0) add(undefined, from, row, widths);
      for (const above of found[from]?.values() ?? []) add(above, from, row, widths);
    }
    found[to] = here;
  }
  return found.at(-1)?.values() ?? [];
}

/** Plans rows of one width: that of the box, or less if the rows would be taller than the box. */
function justified({ width, height, ratios }: PackOptions, gap: number, last: Rows): Plan {
  const rows: Rows[] = [];
  for (let row: Rows | undefined = last; row; row = row.above) rows.unshift(row);
  const gapsIn = ({ from, to }: Rows) => gap * (to - from - 1);
  const free = height - gap * (rows.length - 1);
  // A row has the height (wide - gaps) / sum. All rows together have at most the height `free`.
  let [perWidth, lost] = [0, 0];
  for (const row of rows) {
    perWidth += 1 / row.sum;
    lost += gapsIn(row) / row.sum;
  }
  const wide = Math.min(width, (free + lost) / perWidth);
  const heights = rows.map((row) => (wide - gapsIn(row)) / row.sum);
  const area = heights.reduce((all, tall, at) => all + tall * tall * (rows[at]?.sum ?? 0), 0);
  const evenness = Math.min(...heights) / Math.max(...heights);
  return {
    score: evenness > 0 ? area * (1 + EVENNESS * evenness) : 0,
    place() {
      let y = (free - heights.reduce((all, tall) => all + tall, 0)) / 2;
      return rows.flatMap(({ from, to }, at) => {
        const tall = heights[at] ?? 0;
        let x = (width - wide) / 2;
        const tiles = ratios.slice(from, to).map((ratio) => {
          const tile = { x, y, width: tall * ratio, height: tall };
          x += tile.width + gap;
          return tile;
        });
        y += tall + gap;
        return tiles;
      });
    },
  };
}
