import { setTimeout as sleep } from "node:timers/promises";
import { startBrowser, type AnyPage, type Kind, type LabBrowser } from "./browsers.ts";
import { createLab, type Home, type Lab } from "./lab.ts";
import type { Log, EnterOptions } from "./page/main.ts";
import { openSite, SERVERS, type Server, type Site } from "./site.ts";

/** The environment of a scenario. Browsers are started once and reused. */
export interface Stage {
  readonly lab: Lab;
  readonly site: Site;
  /** Starts a call of two participants. By default Ana joins first and Bo second, who sends the offer. */
  meet(options?: Meeting): Promise<Call>;
  /** Kills all processes in a home, so that its participant crashes. */
  kill(home: Home): void;
  close(): Promise<void>;
}

export interface Meeting {
  ana?: Kind;
  bo?: Kind;
  /**
   * The place of Bo. Ana is always in home A.
   *
   * @default "homeB"
   */
  at?: Home;
  /**
   * The participant that joins first. The other one sends the offer.
   *
   * @default "ana"
   */
  first?: "ana" | "bo";
  servers?: readonly Server[];
  policy?: RTCIceTransportPolicy;
  credentialLife?: number;
}

export interface Person {
  readonly name: string;
  readonly page: AnyPage;
  log(): Promise<Log>;
  path(): Promise<{ pair: string; decoded: number }>;
}

/** A call of Ana, whose network changes, and Bo. */
export interface Call {
  readonly ana: Person;
  readonly bo: Person;
  readonly both: readonly [Person, Person];
  end(): Promise<void>;
}

/** A longer gap between two frames counts as an interruption. */
const MAX_FRAME_GAP_MS = 700;

let rooms = 0;

/** Creates the network, the servers and the environment for calls. */
export async function createStage(options: { cable?: boolean } = {}): Promise<Stage> {
  const lab = await createLab(options);
  const browsers = new Map<string, Promise<LabBrowser>>();
  let site: Site;
  try {
    site = await openSite(lab);
  } catch (error) {
    lab.close();
    throw error;
  }

  function browserOf(kind: Kind, home: Home): Promise<LabBrowser> {
    const key = `${kind} ${home}`;
    const browser = browsers.get(key) ?? startBrowser(lab, kind, home, site.url);
    browsers.set(key, browser);
    return browser;
  }

  async function open(name: string, kind: Kind, home: Home): Promise<Person> {
    const page = await (await browserOf(kind, home)).open(site.url);
    return {
      name: `${name} (${kind})`,
      page,
      log: () => evaluateIn(page, () => window.lab.log()),
      path: () => evaluateIn(page, () => window.lab.path()),
    };
  }

  return {
    lab,
    site,
    async meet(meeting = {}) {
      const { ana: anas = "chromium", bo: bos = "chromium", at = "homeB" } = meeting;
      const { servers = ["stun", "udp", "tcp"], policy, credentialLife } = meeting;
      rooms += 1;
      const enterOptions: EnterOptions = {
        room: `lab-${process.pid}-${rooms}`,
        name: "",
        servers: servers.map((kind) => SERVERS[kind]),
        ...(policy && { policy }),
        ...(credentialLife && { credentialLife }),
      };
      const [ana, bo] = await Promise.all([open("Ana", anas, "homeA"), open("Bo", bos, at)]);
      for (const person of meeting.first === "bo" ? [bo, ana] : [ana, bo]) {
        await evaluateIn(person.page, (given) => window.lab.enter(given), enterOptions);
        await eventually(async () =>
          (await person.log()).moments.some(({ call }) => call !== "idle" && call !== "joining"),
        );
      }
      return {
        ana,
        bo,
        both: [ana, bo],
        async end() {
          await Promise.all(
            [ana, bo].map(({ page }) => evaluateIn(page, () => window.lab.leave())),
          );
          await Promise.all([ana, bo].map(({ page }) => page.close()));
        },
      };
    },
    kill(home) {
      for (const key of browsers.keys()) if (key.endsWith(` ${home}`)) browsers.delete(key);
      lab.kill(home);
    },
    async close() {
      await Promise.all([...browsers.values()].map(async (browser) => (await browser).close()));
      lab.close();
    },
  };
}

/** Evaluates a function in a page. Playwright and Puppeteer have the same method with different types. */
function evaluateIn<A, R>(page: AnyPage, task: (given: A) => R, given?: A): Promise<Awaited<R>> {
  const { evaluate } = page as {
    evaluate(task: (given: A) => R, given?: A): Promise<Awaited<R>>;
  };
  return evaluate(task, given);
}

/** Polls until the condition holds. Rejects after `ms`. */
export async function eventually(holds: () => Promise<boolean>, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`The condition did not hold within ${ms / 1_000} s.`);
    await sleep(100);
  }
}

/** Waits until both sides have shown frames of each other for a second. */
export async function bothSee({ both }: Call, ms = 30_000): Promise<void> {
  const seen = async ({ log }: Person) => {
    const { frames, moments } = await log();
    return moments.at(-1)?.call === "connected" && steadyFor(frames, Date.now()) > 1_000;
  };
  await eventually(async () => (await Promise.all(both.map(seen))).every(Boolean), ms);
}

/** Returns for how many ms frames have been shown without an interruption. */
function steadyFor(frames: readonly number[], end: number): number {
  const gap = interruptions(frames, 0, end).at(-1);
  if (gap) return end - gap.until;
  return end - (frames[0] ?? end);
}

/** Lists the noticeable gaps between frames, including one that still lasts at `end`. */
export function interruptions(
  frames: readonly number[],
  since: number,
  end: number,
): { from: number; until: number }[] {
  const times = [...frames, end];
  return times.flatMap((until, index) => {
    const from = times[index - 1];
    return from !== undefined && until > since && until - from > MAX_FRAME_GAP_MS
      ? [{ from, until }]
      : [];
  });
}
