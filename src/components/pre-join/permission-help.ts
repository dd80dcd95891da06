/** Names the browsers that keep the permissions of a site in the same place. */
export type BrowserFamily =
  /** Chrome, Edge and other Chromium browsers on a computer. */
  | "chrome"
  /** Firefox on a computer. */
  | "firefox"
  /** Safari on a Mac. */
  | "safari"
  /** All browsers on an iPhone or an iPad. */
  | "ios"
  /** All browsers on Android. */
  | "android";

/**
 * Detects the family of the browser; undefined if it is unknown. Reads the user agent string, because
 * no feature reveals where a browser keeps its permissions.
 */
export function browserFamily({
  userAgent,
  maxTouchPoints,
}: Pick<Navigator, "userAgent" | "maxTouchPoints">): BrowserFamily | undefined {
  const is = (word: RegExp) => word.test(userAgent);
  // An iPad reports a Mac, but no Mac has a touch screen.
  if (is(/iPhone|iPad|iPod/) || (is(/Macintosh/) && maxTouchPoints > 1)) return "ios";
  if (is(/Android/)) return "android";
  if (is(/Firefox\//)) return "firefox";
  if (is(/Chrom(e|ium)\//)) return "chrome";
  return is(/Safari\//) ? "safari" : undefined;
}
