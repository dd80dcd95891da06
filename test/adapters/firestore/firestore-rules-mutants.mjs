// Mutation test of firestore-rules.test.ts: changes the shipped rules in one place at a time, and expects
// a case to fail. `node test/adapters/firestore/firestore-rules-mutants.mjs [word]` takes some minutes and
// is not part of `npm test`. With a word, it runs only the changes that contain it.
import { readFileSync } from "node:fs";
import { createVitest } from "vitest/node";
import { startFirestoreEmulator } from "../../../scripts/firestore-emulator.mjs";

const rules = readFileSync("firestore.rules", "utf8");

/** Removes one line of a condition; what the line closed is moved to the previous line. */
function withoutEachCondition() {
  const lines = rules.split("\n");
  const isCondition = (line) => /^\s*(&&|\|\|)/.test(line);
  return lines.flatMap((line, index) => {
    if (!isCondition(line)) return [];
    const [code] = line.split(" //");
    const opened = code.split("(").length - code.split(")").length;
    const end = (opened < 0 ? ")".repeat(-opened) : "") + (code.trimEnd().endsWith(";") ? ";" : "");
    const next = lines.with(index, "");
    const before = lines.slice(0, index).findLastIndex((text) => text.trim() !== "");
    // A parenthesis that the line opened would be missing: those are among the weakenings below.
    if (opened > 0) return [];
    next[before] = lines[before].split(" //")[0] + end;
    return [{ what: `without line ${index + 1}: ${line.trim()}`, text: next.join("\n") }];
  });
}

/** Each: a text of the rules, and its replacement. */
const weakenings = [
  ["return request.auth != null && request.auth.uid != null;", "return true;"],
  ["(peer == request.auth.uid\n", "(peer[0:1] == request.auth.uid[0:1]\n"],
  [".matches('^[A-Za-z0-9_-]{1,16}$')", ".matches('.*')"],
  [".matches('^[A-Za-z0-9_-]{1,16}$')", ".matches('^.{1,16}$')"],
  ["{1,16}$')", "{1,32}$')"],
  ["== request.auth.uid + '.'", "!= ''"],
  ["{20,64}", "{1,64}"],
  ["'^c_[A-Za-z0-9_-]{20,64}$'", "'^.*$'"],
  ["'^c_[A-Za-z0-9_-]{20,64}$'", "'^[A-Za-z0-9_-]{20,64}$'"],
  ["exists(/databases/$(database)/documents/rooms/$(room)/members/$(request.auth.uid))", "true"],
  ["duration.value(24, 'h')", "duration.value(24000, 'h')"],
  ["duration.value(5, 'm')", "duration.value(3, 'm')"],
  ["duration.value(5, 'm')", "duration.value(5, 'h')"],
  ["allow get: if mayEnter(room);", "allow get: if signedIn();"],
  ["allow get: if mayEnter(room);", "allow get: if false;"],
  ["allow list: if false;", "allow list: if signedIn();"],
  ["allow update: if false;", "allow update: if signedIn();"],
  ["hasOnly(['owner', 'expireAt'])", "hasAll(['owner', 'expireAt'])"],
  ["signedIn() && resource.data.owner == request.auth.uid", "signedIn()"],
  ["signedIn() && request.auth.uid == uid;", "signedIn();"],
  ["allow list: if signedIn() && isOwner();", "allow list: if signedIn();"],
  ["allow create: if signedIn() && isOwner()", "allow create: if signedIn()"],
  ["hasOnly(['expireAt'])", "hasAll(['expireAt'])"],
  ["(request.auth.uid == uid || isOwner())", "(request.auth.uid == uid)"],
  ["(request.auth.uid == uid || isOwner())", "(isOwner())"],
  ["(request.auth.uid == uid || isOwner())", "(true)"],
  ["allow read: if mayEnter(room);", "allow read: if true;"],
  ["allow read: if mayEnter(room);", "allow read: if signedIn();"],
  ["allow create, update: if owns(peer) && mayEnter(room)", "allow create, update: if owns(peer)"],
  [
    "allow create, update: if owns(peer) && mayEnter(room)",
    "allow create, update: if mayEnter(room)",
  ],
  ["allow create, update: if owns(peer)", "allow create: if owns(peer)"],
  ["hasOnly(['info', 'at', 'expireAt'])", "hasAll(['info', 'at', 'expireAt'])"],
  ["info.size() <= 2000", "info.size() <= 2001"],
  ["info.size() <= 2000", "info.size() <= 1999"],
  [
    "allow delete: if owns(peer) || (mayEnter(room) && stale());",
    "allow delete: if mayEnter(room);",
  ],
  [
    "allow delete: if owns(peer) || (mayEnter(room) && stale());",
    "allow delete: if owns(peer) || stale();",
  ],
  ["allow delete: if owns(peer) || (mayEnter(room) && stale());", "allow delete: if owns(peer);"],
  [
    "allow delete: if owns(peer) || (mayEnter(room) && stale());",
    "allow delete: if mayEnter(room) && stale();",
  ],
  ["hasOnly(['n', 'm', 'at', 'expireAt'])", "hasAll(['n', 'm', 'at', 'expireAt'])"],
  ["data.n >= 0\n", "data.n >= -1\n"],
  ["data.n <= 5000", "data.n <= 5001"],
  ["data.n <= 5000", "data.n <= 4999"],
  ["m.size() <= 131072", "m.size() <= 131073"],
  ["m.size() <= 131072", "m.size() <= 131071"],
  ["allow read: if owns(peer);", "allow read: if mayEnter(room);"],
  ["allow read: if owns(peer);", "allow read: if owns(peer) || owns(from);"],
  ["allow create: if owns(from) && from != peer", "allow create: if signedIn() && from != peer"],
  ["owns(from) && from != peer && mayEnter(room)", "owns(from) && mayEnter(room)"],
  ["from != peer && mayEnter(room) && mail()", "from != peer && mail()"],
  ["from != peer && mayEnter(room) && mail()", "from != peer && mayEnter(room)"],
  ["allow update: if owns(from) && mail()", "allow update: if owns(from)"],
  ["allow update: if owns(from) && mail()", "allow update: if mail()"],
  ["data.n >= resource.data.n", "data.n > resource.data.n"],
  ["duration.value(20, 'ms')", "duration.value(-20, 'h')"],
  ["owns(peer) || owns(from) || (", "owns(peer) || ("],
  ["owns(peer) || owns(from) || (", "owns(from) || ("],
  ["owns(peer) || owns(from) || (", "signedIn() || ("],
  ["owns(from) || (mayEnter(room) && stale())", "owns(from) || stale()"],
  ["owns(from) || (mayEnter(room) && stale())", "owns(from) || mayEnter(room)"],
  ["owns(from) || (mayEnter(room) && stale())", "owns(from)"],
].map(changed);

/**
 * Conditions whose removal changes nothing, because the next condition then fails (a slice past the end, a
 * number compared with a time, the uid of a signed-out user). They make the rules readable.
 */
const equivalents = [
  ["(peer.size() > request.auth.uid.size() + 1\n          && peer[0:", "(peer[0:"],
  ["request.resource.data.expireAt is timestamp\n        && ", ""],
  ["allow create: if signedIn()\n        && !room", "allow create: if !room"],
].map(changed);

function changed([stands, instead]) {
  if (!rules.includes(stands)) throw new Error(`The rules do not contain: ${stands}`);
  const what = `${stands} => ${instead}`.replaceAll(/\s+/g, " ");
  // A function, because "$'" in a replacement text is a special pattern.
  return { what, text: rules.replace(stands, () => instead) };
}

const emulator = await startFirestoreEmulator();
if (!emulator) throw new Error("This needs the Firestore emulator.");
const vitest = await createVitest("test", {
  config: false,
  watch: false,
  reporters: [{}],
  // Patient: a case that times out would pass for one that caught something.
  testTimeout: 60_000,
  hookTimeout: 60_000,
  include: ["test/adapters/firestore/firestore-rules.test.ts"],
});
vitest.provide("firestore", emulator.host);

/** The names of the cases that fail with these rules. */
async function failing(text) {
  vitest.provide("firestoreRules", text);
  const specifications = await vitest.globTestSpecifications();
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications, true);
  if (unhandledErrors.length > 0) throw unhandledErrors[0];
  return testModules.flatMap((module) =>
    [...module.children.allTests("failed")].map((test) => test.fullName),
  );
}

const compiles = (text) =>
  emulator.setRules("demo-compile", text).then(
    () => true,
    () => false,
  );

const sound = await failing(rules);
if (sound.length > 0) throw new Error(`The rules as shipped fail: ${sound.join(", ")}`);
const counts = { caught: 0, alive: 0, invalid: 0, equivalent: 0 };

function tell(verdict, what, why = "") {
  counts[verdict] += 1;
  console.log(`${verdict.padEnd(10)} ${what}${why && `\n           ${why}`}`);
}
const asked = ({ what }) => what.includes(process.argv[2] ?? "");
for (const { what, text } of [...withoutEachCondition(), ...weakenings].filter(asked)) {
  if (!(await compiles(text))) tell("invalid", what, "does not compile");
  else {
    const [first] = await failing(text);
    tell(first ? "caught" : "alive", what, first);
  }
}
for (const { what, text } of equivalents.filter(asked)) {
  const [first] = await failing(text);
  tell(first ? "caught" : "equivalent", what, first);
}
console.log(counts);
await vitest.close();
await emulator.stop();
process.exit(counts.alive + counts.invalid > 0 ? 1 : 0);
