// Plain Node, because `npm start` and the tests both use it. The types are in firestore-emulator.d.mts.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, realpathSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createFirestoreAdmin } from "./firestore-admin.mjs";
import { ADDRESS, freePorts, launch } from "./launch.mjs";

/** An emulator that is not ready by then is stopped, and the start rejects. */
const START_TIMEOUT_MS = 60_000;
const JAR = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar";
const MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore";
const shippedRules = fileURLToPath(new URL("../firestore.rules", import.meta.url));

export function missingFirestoreEmulator() {
  if (process.env.FIRESTORE_EMULATOR_HOST) return undefined;
  const missing = !findJar() ? "the Firestore emulator" : hasJava() ? undefined : "Java";
  return (
    missing &&
    `Firestore cannot run here, because ${missing} is missing. Install Java 21 or later and run \`npx firebase-tools setup:emulators:firestore\`, or set FIRESTORE_EMULATOR_JAR.`
  );
}

export async function startFirestoreEmulator({ rules = shippedRules, port: givenPort } = {}) {
  const running = process.env.FIRESTORE_EMULATOR_HOST;
  if (running) return emulatorAt(running, async () => {});
  const missing = missingFirestoreEmulator();
  if (missing && process.env.CI) throw new Error(missing);
  if (missing) return undefined;
  const port = givenPort ?? (await freePorts(1))[0];
  const host = `${ADDRESS}:${port}`;
  const stop = await launchEmulator(findJar(), rules, port);
  try {
    await warmUp(host);
  } catch (error) {
    await stop();
    throw error;
  }
  return emulatorAt(host, stop);
}

function emulatorAt(host, stop) {
  return { ...createFirestoreAdmin(host), host, port: Number(host.split(":").at(-1)), stop };
}

function findJar() {
  const { FIRESTORE_EMULATOR_JAR, CLOUDSDK_ROOT, FIREBASE_EMULATORS_PATH, PATH = "" } = process.env;
  if (FIRESTORE_EMULATOR_JAR && !existsSync(FIRESTORE_EMULATOR_JAR))
    throw new Error(
      `FIRESTORE_EMULATOR_JAR is ${FIRESTORE_EMULATOR_JAR}, but there is no such file.`,
    );
  const besideGcloud = PATH.split(delimiter)
    .map((dir) => join(dir, "gcloud"))
    .filter((path) => existsSync(path))
    .map((path) => join(dirname(realpathSync(path)), "..", JAR));
  const cache = FIREBASE_EMULATORS_PATH ?? join(homedir(), ".cache/firebase/emulators");
  const fromFirebaseTools = (existsSync(cache) ? readdirSync(cache) : [])
    .filter((name) => /^cloud-firestore-emulator-v.*\.jar$/.test(name))
    .toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((name) => join(cache, name));
  return [
    FIRESTORE_EMULATOR_JAR,
    ...besideGcloud,
    CLOUDSDK_ROOT && join(CLOUDSDK_ROOT, JAR),
    ...fromFirebaseTools,
  ].find((path) => path && existsSync(path));
}

function hasJava() {
  return spawnSync("java", ["-version"], { stdio: "ignore" }).status === 0;
}

function launchEmulator(jar, rules, port) {
  const dir = mkdtempSync(join(tmpdir(), "firestore-emulator-"));
  const java =
    "java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.language=en -cp".split(" ");
  java.push(jar, MAIN, `--host=${ADDRESS}`, `--port=${port}`, `--rules=${rules}`);
  return launch("The Firestore emulator", java, {
    dir,
    ready: /Dev App Server is now running/,
    timeoutMs: START_TIMEOUT_MS,
  });
}

// The first listener on a cold emulator takes 5 s or more, so one is opened before the tests start. It
// runs in a separate process, because the client keeps its process alive for 45 s after `terminate()`.
async function warmUp(host) {
  const script = fileURLToPath(new URL("firestore-warm-up.mjs", import.meta.url));
  const warming = spawn(process.execPath, [script, host], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [status] = await once(warming, "exit");
  if (status !== 0) throw new Error("The Firestore emulator started, but does not respond.");
}
