// Starts and ends the Firestore emulator, for tests and for `npm start`. Plain Node; types beside it.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createFirestoreAdmin } from "./firestore-admin.mjs";

const ADDRESS = "127.0.0.1";
const START_TIMEOUT = 60_000;
const JAR = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar";
const MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore";
const shippedRules = fileURLToPath(new URL("../firestore.rules", import.meta.url));

export function missingFirestoreEmulator() {
  if (process.env.FIRESTORE_EMULATOR_HOST) return undefined;
  const missing = !findJar() ? "the Firestore emulator" : hasJava() ? undefined : "Java";
  return (
    missing &&
    `Firestore cannot run here, for ${missing} is missing. Install Java 17 or newer and run \`npx firebase-tools setup:emulators:firestore\`, or set FIRESTORE_EMULATOR_JAR.`
  );
}

export async function startFirestoreEmulator({ rules = shippedRules, port: wanted } = {}) {
  const running = process.env.FIRESTORE_EMULATOR_HOST;
  if (running) return emulatorAt(running, async () => {});
  const missing = missingFirestoreEmulator();
  if (missing && process.env.CI) throw new Error(missing);
  if (missing) return undefined;
  const port = wanted ?? (await freePort());
  const host = `${ADDRESS}:${port}`;
  const stop = await launch(findJar(), rules, port);
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
  const ofFirebaseTools = (existsSync(cache) ? readdirSync(cache) : [])
    .filter((name) => /^cloud-firestore-emulator-v.*\.jar$/.test(name))
    .toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((name) => join(cache, name));
  return [
    FIRESTORE_EMULATOR_JAR,
    ...besideGcloud,
    CLOUDSDK_ROOT && join(CLOUDSDK_ROOT, JAR),
    ...ofFirebaseTools,
  ].find((path) => path && existsSync(path));
}

function hasJava() {
  return spawnSync("java", ["-version"], { stdio: "ignore" }).status === 0;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, ADDRESS, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Resolves to the way to end it once it serves. */
async function launch(jar, rules, port) {
  const dir = mkdtempSync(join(tmpdir(), "firestore-emulator-"));
  const java =
    "java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.language=en -cp".split(" ");
  java.push(jar, MAIN, `--host=${ADDRESS}`, `--port=${port}`, `--rules=${rules}`);
  // The emulator outlives a parent that is killed, unless the system ends it (util-linux).
  const hasPdeathsig = process.platform === "linux" && existsSync("/usr/bin/setpriv");
  const [command, ...args] = hasPdeathsig ? ["setpriv", "--pdeathsig", "SIGKILL", ...java] : java;
  const emulator = spawn(command, args, { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
  const kill = () => emulator.kill("SIGKILL");
  process.once("exit", kill);

  const ended = new Promise((resolve) => {
    emulator.once("error", resolve);
    emulator.once("exit", resolve);
  });
  let output = "";
  const ready = new Promise((resolve) => {
    // Both must be read to the end: with a full pipe the emulator stops after some forty requests.
    for (const stream of [emulator.stdout, emulator.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output = (output + text).slice(-4_000);
        // Its own word, not an answer to HTTP: another emulator may hold the port.
        if (output.includes("Dev App Server is now running")) resolve(true);
      });
    }
  });
  async function stop() {
    process.off("exit", kill);
    emulator.kill("SIGTERM");
    const late = setTimeout(kill, 5_000);
    await ended;
    clearTimeout(late);
    rmSync(dir, { recursive: true, force: true });
  }

  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, START_TIMEOUT)));
  const started = await Promise.race([ready, ended, late]);
  clearTimeout(timer);
  if (started === true) return stop;
  await stop();
  throw new Error(`The Firestore emulator did not start on port ${port}:\n${output}`);
}

// The first listener on a cold emulator takes 5 s and more; after this one, tests need not know. In a
// process of its own, because the client keeps one alive for 45 s after it was terminated.
async function warmUp(host) {
  const script = fileURLToPath(new URL("firestore-warm-up.mjs", import.meta.url));
  const warming = spawn(process.execPath, [script, host], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [status] = await once(warming, "exit");
  if (status !== 0) throw new Error("The Firestore emulator does not answer.");
}
