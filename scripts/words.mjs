/**
 * Fails on banned words (CONTRIBUTING.md explains them): `node scripts/words.mjs [path…]`. Without a
 * path it checks every source, test, story and page that Git does not ignore.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** Name the subject instead ("the remote peer", "a participant"), or use the field's word for it. */
const BANNED =
  /\b(somebody|nobody|everybody|whoever|whomever|whom|anew|meanwhile|whatever|in vain|one['’]s own|the former|of (?:its|their|one['’]s) own|a way to|keepsakes?|farewell|chaos|weather|provok\w+|leases?|patience|ghosts?)\b/i;
const READ = /\.(?:tsx?|mts|mjs|jsx|css|mdx?|rules|html|py)$|^\.ci\/run$/;
/** Files that are generated from the sources, and files that quote the list. */
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
    `\n${found.length} lines use a banned word. Name the subject or use the field's word; "Write code, comments and docs" in CONTRIBUTING.md has rules and examples.`,
  );
  process.exitCode = 1;
}
