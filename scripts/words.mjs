/**
 * Fails on words that make a sentence hard to read: `node scripts/words.mjs [path…]`. Without a path it
 * reads every tracked source, test, story and page.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Name the subject instead ("the remote peer", "a participant"), or use the field's word. */
const BANNED =
  /\b(somebody|nobody|everybody|whoever|whomever|whom|anew|meanwhile|whatever|in vain|one['’]s own|the former|of (?:its|their|one['’]s) own|a way to|keepsakes?|farewell|chaos|weather|provok\w+|leases?|patience|ghosts?)\b/i;
const READ = /\.(?:tsx?|mts|mjs|jsx|css|mdx?|rules|html|py)$|^\.ci\/run$/;
/** Generated from the sources, or quoting the list itself. */
const SKIPPED = new Set(["CONTRIBUTING.md", "docs/API.md", "scripts/words.mjs"]);

const paths = process.argv.slice(2);
const files = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", ...paths],
  {
    encoding: "utf8",
  },
)
  .trim()
  .split("\n")
  .filter((file) => READ.test(file) && !SKIPPED.has(file) && existsSync(file));

const found = files.flatMap((file) =>
  readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line, index) => {
      const word = BANNED.exec(line)?.[0];
      return word ? [`${file}:${index + 1}  "${word}"  ${line.trim().slice(0, 110)}`] : [];
    }),
);
if (found.length > 0) {
  console.log(found.join("\n"));
  console.error(
    `\n${found.length} lines use a banned word. Say it plainly; CONTRIBUTING.md tells how.`,
  );
  process.exitCode = 1;
}
