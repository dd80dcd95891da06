/**
 * Tests the peer ranges in package.json. Installs the packed package into new projects with the oldest
 * and the newest version of each peer, in each order, and type-checks, builds and imports it there. The
 * oldest version is the lower bound of a range, the newest is the latest in the registry, so a new major
 * version of a peer fails here until the range includes it.
 *
 *     npm run build && npm run check:install                  all projects
 *     npm run check:install -- next                           projects with "next" in their names
 */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at } from "./install.mjs";
import { recentNode } from "./node.mjs";

const { peerDependencies, exports } = JSON.parse(readFileSync(at("package.json"), "utf8"));
const PEERS = Object.keys(peerDependencies);
const REACT = ["react", "react-dom"];
/** The number of projects that run in parallel. */
const WORKERS = 2;
/** Packages of which two copies in one page do not work together. */
const SINGLE = ["react", "@firebase/app"];

const folder = mkdtempSync(join(tmpdir(), "twocan-install-"));
const environment = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", CI: "true" };
// Variables of npm, or of a test runner around this script, would affect those in the projects.
for (const name of Object.keys(environment))
  if (/^(npm_(config_local_prefix|package|lifecycle)|VITEST|JEST|NODE_ENV)/.test(name))
    delete environment[name];

/** Runs a program. Resolves to its output, or rejects with the output if the program fails. */
function run(cwd, program, args, { env = {} } = {}) {
  const child = spawn(program, args, {
    cwd,
    env: { ...environment, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data) => {
      output += data;
    });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0
        ? resolve(output)
        : reject(new Error(`${[program, ...args].join(" ")} failed:\n${output.trim()}`)),
    );
  });
}

async function pack() {
  const output = await run(at("."), "npm", ["pack", "--json", "--pack-destination", folder]);
  const packed = JSON.parse(output.slice(output.search(/^[[{]/m)));
  const { filename, size, unpackedSize } = Array.isArray(packed)
    ? packed[0]
    : (packed.twocan ?? packed);
  console.log(`     ${filename}: ${kilobytes(size)}, unpacked ${kilobytes(unpackedSize)}`);
  return join(folder, filename);
}

const kilobytes = (bytes) => `${Math.round(bytes / 1_000)} kB`;

async function latest(name) {
  return (await run(folder, "npm", ["view", name, "version"])).trim().split("\n").at(-1);
}

/** Resolves to the version of each peer in both columns: `{ newest: { react: "19.3.1", … }, oldest: … }`. */
async function columns() {
  const newest = Object.fromEntries(
    await Promise.all(PEERS.map(async (name) => [name, await latest(name)])),
  );
  const oldest = Object.fromEntries(
    PEERS.map((name) => [name, /\d+\.\d+\.\d+/.exec(peerDependencies[name])[0]]),
  );
  return { newest, oldest };
}

/** Creates a project in a new folder. Each `install` is one `npm install` that must not warn about peers. */
function createProject(name) {
  const dir = join(folder, name.replaceAll(/\W+/g, "-"));
  mkdirSync(dir);
  const manifest = { private: true, type: "module", jest: { transform: {} } };
  writeFileSync(join(dir, "package.json"), JSON.stringify(manifest));

  const lock = () => JSON.parse(readFileSync(join(dir, "package-lock.json"), "utf8")).packages;
  const bin = (tool) => {
    const { bin: file } = JSON.parse(
      readFileSync(join(dir, "node_modules", tool, "package.json"), "utf8"),
    );
    return join(
      dir,
      "node_modules",
      tool,
      typeof file === "string" ? file : Object.values(file)[0],
    );
  };
  return {
    dir,
    async install(...packages) {
      const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
      const output = await run(dir, "npm", [...args, ...packages]);
      if (/ERESOLVE|peer dep|EPEERINVALID/i.test(output))
        throw new Error(`npm install ${packages.join(" ")} warns about peers:\n${output.trim()}`);
    },
    /** Lists the version of each installed copy of a package. */
    copies: (of) =>
      Object.entries(lock())
        .filter(([path]) => path.endsWith(`node_modules/${of}`))
        .map(([, { version }]) => version),
    packages: () => Object.keys(lock()).filter(Boolean),
    /** Runs a tool of the project, with this Node by default. */
    tool: (tool, args, { node = process.execPath, env } = {}) =>
      run(dir, node, [bin(tool), ...args], { env }),
    write: (file, text) => writeFileSync(join(dir, file), text),
    copy: (from, to) => cpSync(at(`test/install/${from}`), join(dir, to), { recursive: true }),
  };
}

/** Each version is the expected one, and react and the Firebase app exist once. */
function assertPeers(project, expected) {
  for (const name of SINGLE) {
    const copies = project.copies(name);
    if (copies.length > 1) throw new Error(`${copies.length} copies of ${name}: ${copies}`);
  }
  for (const [name, version] of Object.entries(expected)) {
    const copies = project.copies(name);
    if (copies.join() !== version)
      throw new Error(`${name}: expected ${version}, installed ${copies.join(", ") || "nothing"}`);
  }
}

/** Imports each entry in plain Node, and starts and closes a relay. */
async function importInNode(project) {
  const entries = Object.entries(exports)
    .filter(([, target]) => Object.values(target).some((file) => file.endsWith(".js")))
    .map(([subpath]) => `twocan${subpath.slice(1)}`);
  const code = `for (const entry of ${JSON.stringify(entries)}) await import(entry);
const { createRelay } = await import("twocan/relay");
await (await createRelay()).close();`;
  await run(project.dir, process.execPath, ["--input-type=module", "--eval", code]);
}

/**
 * Type-checks with `strict`, including the types of the peers. The types of Firebase contain errors, and
 * those of NATS do with `exactOptionalPropertyTypes`, so these two checks set `skipLibCheck`.
 */
async function typeCheck(project) {
  const options = {
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    jsx: "react-jsx",
    strict: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    types: ["node"],
  };
  const check = async (file, files, more = {}) => {
    project.write(file, JSON.stringify({ compilerOptions: { ...options, ...more }, files }));
    await project.tool("typescript", ["-p", file]);
  };
  const browser = ["consumer.tsx", "firebase.ts"];
  for (const file of [...browser, "relay.ts"]) project.copy(file, file);
  await check("tsconfig.json", ["consumer.tsx", "relay.ts"]);
  const exact = { skipLibCheck: true, exactOptionalPropertyTypes: true };
  await check("tsconfig.exact.json", browser, exact);
  await check("tsconfig.node.json", ["relay.ts"], {
    module: "nodenext",
    moduleResolution: "nodenext",
  });
}

async function buildWithVite(project, ...files) {
  const scripts = files.map((file) => `<script type="module" src="/${file}"></script>`);
  project.write("index.html", scripts.join("\n"));
  await project.tool("vite", ["build", "--logLevel", "warn"]);
}

/** Creates the projects for the peers of one column, in three orders of installation. */
function peerProjects(column, versions, tarball) {
  const versioned = (names) => names.map((name) => `${name}@${versions[name]}`);
  const others = PEERS.filter((name) => !REACT.includes(name));
  // As a user types it: npm then selects the newest version, or one that satisfies the peer ranges.
  const typed = (name) => (column === "newest" ? name : `${name}@${versions[name]}`);
  const reactTypes = ["@types/react", "@types/react-dom"].map(
    (name) => `${name}@${versions.react.split(".")[0]}`,
  );
  const tools = ["vite", "typescript", "vitest", "@types/node", "@types/ws", ...reactTypes];
  const orders = {
    async together(project) {
      await project.install(tarball, ...versioned(PEERS), ...tools);
      await typeCheck(project);
      await buildWithVite(project, "consumer.tsx", "firebase.ts");
    },
    async "twocan first"(project) {
      await project.install(tarball, ...versioned(REACT));
      for (const name of others) await project.install(typed(name));
    },
    async "twocan last"(project) {
      await project.install(...versioned(PEERS));
      await project.install(tarball);
    },
  };
  return Object.entries(orders).map(([order, steps]) => ({
    name: `${column} peers, ${order}`,
    async check(project) {
      await steps(project);
      assertPeers(project, versions);
      await importInNode(project);
      return order === "together"
        ? PEERS.map((name) => `${name} ${versions[name]}`).join(", ")
        : undefined;
    },
  }));
}

/** Creates a project with a test runner, which runs the conformance suite. */
function runnerProject(runner, tarball) {
  const [tool] = runner.split("@");
  return {
    name: `with ${runner}`,
    async check(project) {
      await project.install(...REACT, runner);
      await project.install(tarball);
      project.copy("conformance.test.mjs", "conformance.test.mjs");
      const [version] = project.copies(tool);
      // Vitest 5 does not run on Node 20; the package does.
      const node = recentNode();
      await (tool === "jest"
        ? project.tool("jest", [], { env: { NODE_OPTIONS: "--experimental-vm-modules" } })
        : project.tool("vitest", ["run"], { node }));
      return `${tool} ${version}, conformance suite passes`;
    },
  };
}

function projects({ newest, oldest }, tarball) {
  return [
    {
      name: "React alone",
      async check(project) {
        await project.install(tarball, ...REACT);
        const others = project.packages().map((path) => path.replace(/^.*node_modules\//, ""));
        const extra = others.filter((name) => ![...REACT, "scheduler", "twocan"].includes(name));
        if (extra.length > 0) throw new Error(`It also installs ${extra.join(", ")}.`);
        const command = await project.tool("twocan", ["--help"]);
        if (!command.startsWith("Usage: twocan-relay")) throw new Error(command);
        // The build must work without any optional peer.
        await project.install("vite");
        project.copy("next/app/call.jsx", "call.jsx");
        await buildWithVite(project, "call.jsx");
        return `${others.length} packages; twocan-relay runs, Vite builds`;
      },
    },
    ...peerProjects("newest", newest, tarball),
    ...peerProjects("oldest", oldest, tarball),
    {
      name: "Next.js",
      async check(project) {
        await project.install("next", ...REACT);
        await project.install(tarball, "firebase");
        project.copy("next/app", "app");
        project.copy("next/next.config.mjs", "next.config.mjs");
        for (const flags of ["on", "off"])
          await project.tool("next", ["build"], { env: { NEXT_FLAGS: flags } });
        assertPeers(project, { firebase: newest.firebase, react: newest.react });
        return `next ${project.copies("next")}, firebase ${newest.firebase}`;
      },
    },
    ...["vitest@latest", "vitest@4", "vitest@3", "jest@latest"].map((runner) =>
      runnerProject(runner, tarball),
    ),
  ];
}

async function main() {
  if (!existsSync(at("dist/index.js"))) {
    console.error("There is no dist/ to pack. Run `npm run build` first.");
    return 1;
  }
  console.log(`     Node ${process.versions.node}`);
  const tarball = await pack();
  const [only = ""] = process.argv.slice(2);
  const queue = projects(await columns(), tarball).filter(
    ({ name }) => name.includes(only) || name.toLowerCase().includes(only),
  );
  let failed = 0;
  async function work() {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const start = Date.now();
      const report = (mark, name, text = "") =>
        console.log(
          `${mark} ${name.padEnd(28)} ${`${Math.round((Date.now() - start) / 1_000)} s`.padStart(5)}  ${text}`,
        );
      const project = createProject(next.name);
      try {
        report("ok  ", next.name, await next.check(project));
      } catch (error) {
        failed += 1;
        report("FAIL", next.name, error.message);
      }
      rmSync(project.dir, { recursive: true, force: true });
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, work));
  return failed > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
