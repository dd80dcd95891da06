/** Owns which browser this is, as far as its way to a site's permissions differs. The words are in the messages. */

/** A family of browsers that keeps the permissions of a site in one and the same place. */
export type BrowserFamily = "chrome" | "firefox" | "safari" | "ios" | "android";

/** Told by the user agent string, because no feature tells where a menu is. Undefined where nobody knows. */
export function browserFamily({
  userAgent,
  maxTouchPoints,
}: Pick<Navigator, "userAgent" | "maxTouchPoints">): BrowserFamily | undefined {
  const is = (word: RegExp) => word.test(userAgent);
  // An iPad says that it is a Mac; no Mac has a touch screen.
  if (is(/iPhone|iPad|iPod/) || (is(/Macintosh/) && maxTouchPoints > 1)) return "ios";
  if (is(/Android/)) return "android";
  if (is(/Firefox\//)) return "firefox";
  if (is(/Chrom(e|ium)\//)) return "chrome";
  return is(/Safari\//) ? "safari" : undefined;
}
