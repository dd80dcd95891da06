import {
  PROMISES,
  type SignalingCapabilities,
  type SignalingPromise,
} from "./signaling-backend.ts";

/** The result of one check of one adapter. */
export interface ConformanceResult {
  /** The name of the adapter: the row of the table. */
  readonly adapter: string;
  /** The promise that the check belongs to: the column of the table. */
  readonly promise: SignalingPromise;
  /** The declared capabilities of the adapter. */
  readonly capabilities: SignalingCapabilities;
  /** Whether the check passed. */
  readonly passed: boolean;
}

/** The headings of the columns. */
const COLUMNS = Object.keys(PROMISES) as SignalingPromise[];

/**
 * Formats results as a Markdown table: one row for each adapter, in the order of the results, and one
 * column for each promise. `yes` means that all checks passed, `no` that the promise is declared in
 * `lacks` (the reasons are listed below the table), and `FAILED` that a check failed.
 *
 * @param results Under Vitest, `task.meta.signaling` of each test with the outcome of the test.
 */
export function conformanceTable(results: readonly ConformanceResult[]): string {
  const notes: string[] = [];
  const adapters = [...new Set(results.map(({ adapter }) => adapter))];
  const rows = adapters.map((adapter) => {
    const own = results.filter((result) => result.adapter === adapter);
    const capabilities = own[0]?.capabilities ?? {};
    return [adapter].concat(COLUMNS.map((promise) => cell(promise, own, capabilities, notes)));
  });
  const table = align([["", ...COLUMNS], ...rows]);
  const [header = "", ...body] = table.map((row) => `| ${row.join(" | ")} |`);
  const rule = `| ${(table[0] ?? []).map((text) => "-".repeat(text.length)).join(" | ")} |`;
  const reasons = notes.map((note, index) => `${index + 1}. ${note}`);
  return [header, rule, ...body, ...(reasons.length > 0 ? ["", ...reasons] : [])].join("\n");
}

function cell(
  promise: SignalingPromise,
  results: readonly ConformanceResult[],
  { lacks = {}, presence, vanishesWithin = 15_000, peers }: SignalingCapabilities,
  notes: string[],
): string {
  const own = results.filter((result) => result.promise === promise);
  if (own.some(({ passed }) => !passed)) return "FAILED";
  const reason = lacks[promise];
  if (reason !== undefined) return `no (${noteOf(reason, notes)})`;
  if (own.length === 0)
    return peers === undefined ? "not run" : `no (${noteOf(`${peers} peers in a room`, notes)})`;
  if (promise === "presence") return presence ?? "by the backend";
  if (promise === "vanishing")
    return vanishesWithin < 1_000 ? "at once" : `${vanishesWithin / 1_000} s`;
  return "yes";
}

/** Returns the number of a note. Equal notes share one. */
function noteOf(text: string, notes: string[]): number {
  if (!notes.includes(text)) notes.push(text);
  return notes.indexOf(text) + 1;
}

function align(rows: readonly (readonly string[])[]): string[][] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)));
}
