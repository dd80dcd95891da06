/** Owns where tiles of any shape go in a box, so that the most of their pictures is seen. Pure: it knows numbers only. */

/** What {@link packTiles} is asked. Lengths are of one unit, CSS pixels as a rule. */
export interface PackOptions {
  readonly width: number;
  readonly height: number;
  /** Width to height of each tile, in reading order; above 0. */
  readonly ratios: readonly number[];
  /** Between two tiles, at least. Default 0. */
  readonly gap?: number | undefined;
  /**
   * How many times as tall as another a row may be, about. Without it, `Infinity`, most picture may
   * mean a few large tiles above many small ones; with 1 all rows are about alike.
   */
  readonly spread?: number | undefined;
}

/** A place in the box; `x` and `y` are from its start corner, so they fit RTL too. */
export interface TileBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A way to lay out the tiles before `to`, in rows as wide as the box: the last row, and those above. */
interface Rows {
  readonly above: Rows | undefined;
  readonly from: number;
  readonly to: number;
  /** The ratios of this row, together. */
  readonly sum: number;
  /** How tall all rows are with their gaps, and how much picture they show. */
  readonly total: number;
  readonly area: number;
}

/** A layout: what is thought of it, and where each tile goes. */
interface Plan {
  readonly score: number;
  readonly place: () => TileBox[];
}

/** What equal sizes are worth beside more picture: a plan of one size wins against one up to 0.5 % larger. */
const EVENNESS = 0.005;
/** The ways kept apart, for all numbers of tiles together: with it time grows as a square and not as a power. */
const WAYS = 30_000;
/** From one height that the lowest row may have to the next one tried. */
const BAND = 1.1;

/**
 * Places tiles in a box without cropping any: in rows that are all as wide as the widest (each row
 * has one height), or in a grid of equal cells, whichever shows more picture. In reading order,
 * centred. Shows at least 99 % of what trying all such layouts would.
 *
 * @example
 * packTiles({ width: 800, height: 600, ratios: [16 / 9, 16 / 9, 9 / 16], gap: 8 });
 */
export function packTiles(options: PackOptions): TileBox[] {
  const { width, height, ratios, gap = 0, spread = Infinity } = options;
  const nowhere = ratios.map(() => ({ x: 0, y: 0, width: 0, height: 0 }));
  let best: Plan = { score: 0, place: () => nowhere };
  const consider = (plan: Plan) => {
    if (plan.score > best.score) best = plan;
  };
  if (width <= 0 || height <= 0) return nowhere;

  for (let columns = 1; columns <= ratios.length; columns += 1)
    consider(cells(width, height, ratios, gap, columns));
  // Rows taller than the box shrink until they fit: past here to less than the cells show.
  const tallest = best.score > 0 ? (1.2 * width * height * height) / best.score : 4 * height;
  const lowest =
    spread === Infinity ? 0 : width / ratios.reduce((sum, ratio) => sum + ratio, 0) / 2;
  for (let low = lowest; low <= tallest; low = low * BAND || Infinity)
    for (const rows of waysToBreak(
      width,
      ratios,
      gap,
      tallest,
      low,
      low * BAND * spread || Infinity,
    ))
      consider(justified(width, height, ratios, gap, rows));
  return best.place();
}

/** Equal cells, each tile as large as its cell allows. */
function cells(
  width: number,
  height: number,
  ratios: readonly number[],
  gap: number,
  columns: number,
): Plan {
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
        // The last line may hold fewer; it stands in the middle like the others.
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

/**
 * The ways to break the tiles into rows between `low` and `high`, found from left to right. Ways that
 * come out equally tall go on equally, so one of them is enough: that is what keeps them few where
 * all would be 2^(n-1).
 */
function waysToBreak(
  width: number,
  ratios: readonly number[],
  gap: number,
  tallest: number,
  low: number,
  high: number,
): Iterable<Rows> {
  const step = (tallest * ratios.length) / WAYS;
  const ways: Map<number, Rows>[] = [];
  for (let to = 1; to <= ratios.length; to += 1) {
    const here = new Map<number, Rows>();
    let sum = 0;
    for (let from = to - 1; from >= 0; from -= 1) {
      sum += ratios[from] ?? 1;
      const pictures = width - gap * (to - from - 1);
      const row = pictures / sum;
      if (row <= low) break;
      if (row > high) continue;
      for (const above of from > 0 ? (ways[from]?.values() ?? []) : [undefined]) {
        const total = above ? above.total + gap + row : row;
        const area = row * pictures + (above?.area ?? 0);
        const key = Math.round(total / step);
        if (total <= tallest && area > (here.get(key)?.area ?? 0))
          here.set(key, { above, from, to, sum, total, area });
      }
    }
    ways[to] = here;
  }
  return ways.at(-1)?.values() ?? [];
}

/** Rows of one width, which is the box's unless they would be taller than the box. */
function justified(
  width: number,
  height: number,
  ratios: readonly number[],
  gap: number,
  last: Rows,
): Plan {
  const rows: Rows[] = [];
  for (let row: Rows | undefined = last; row; row = row.above) rows.unshift(row);
  const gapsIn = ({ from, to }: Rows) => gap * (to - from - 1);
  const free = height - gap * (rows.length - 1);
  // Each row is (wide - gaps) / sum tall; all together are at most as tall as what is free.
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
