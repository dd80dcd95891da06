/** Two people in a call: how they meet, and what each of them has seen of it. */
import { setTimeout as sleep } from "node:timers/promises";
import { startBrowser, type AnyPage, type Kind, type LabBrowser } from "./browsers.ts";
import { createLab, type Home, type Lab } from "./lab.ts";
import type { Diary, Entering } from "./page/main.ts";
import { openSite, SERVERS, type Server, type Site } from "./site.ts";

/** Everything that a scenario happens in. Browsers are started once, and kept. */
export interface Stage {
  readonly lab: Lab;
  readonly site: Site;
  /** Two people meet: Ana first, and then Bo, who calls. */
  meet(options?: Meeting): Promise<Call>;
  /** Ends everything that runs in a home, without a word to anybody. */
  kill(home: Home): void;
  close(): Promise<void>;
}

export interface Meeting {
  ana?: Kind;
  bo?: Kind;
  /** Where Bo is. Default `homeB`; Ana is always in home A. */
  at?: Home;
  /** Who is there first; the other one calls. Default Ana. */
  first?: "ana" | "bo";
  servers?: readonly Server[];
  policy?: RTCIceTransportPolicy;
  credentialLife?: number;
}

export interface Person {
  readonly name: string;
  readonly page: AnyPage;
  diary(): Promise<Diary>;
  path(): Promise<{ pair: string; decoded: number }>;
}

/** A call of Ana, whose network changes, and Bo. */
export interface Call {
  readonly ana: Person;
  readonly bo: Person;
  readonly both: readonly [Person, Person];
  end(): Promise<void>;
}

/** The longest gap between two frames that does not count as an interruption, in ms. */
const PAUSE = 700;

let rooms = 0;

/** Sets the stage. */
export async function setStage(options: { cable?: boolean } = {}): Promise<Stage> {
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
      diary: () => ask(page, () => window.lab.diary()),
      path: () => ask(page, () => window.lab.path()),
    };
  }

  return {
    lab,
    site,
    async meet(meeting = {}) {
      const { ana: anas = "chromium", bo: bos = "chromium", at = "homeB" } = meeting;
      const { servers = ["stun", "udp", "tcp"], policy, credentialLife } = meeting;
      rooms += 1;
      const entering: Entering = {
        room: `lab-${process.pid}-${rooms}`,
        name: "",
        servers: servers.map((kind) => SERVERS[kind]),
        ...(policy && { policy }),
        ...(credentialLife && { credentialLife }),
      };
      const [ana, bo] = await Promise.all([open("Ana", anas, "homeA"), open("Bo", bos, at)]);
      for (const person of meeting.first === "bo" ? [bo, ana] : [ana, bo]) {
        await ask(person.page, (given) => window.lab.enter(given), entering);
        await eventually(async () =>
          (await person.diary()).moments.some(({ call }) => call !== "idle" && call !== "joining"),
        );
      }
      return {
        ana,
        bo,
        both: [ana, bo],
        async end() {
          await Promise.all([ana, bo].map(({ page }) => ask(page, () => window.lab.leave())));
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

/** Playwright and Puppeteer mean the same by it. */
function ask<A, R>(page: AnyPage, question: (given: A) => R, given?: A): Promise<Awaited<R>> {
  const { evaluate } = page as {
    evaluate(question: (given: A) => R, given?: A): Promise<Awaited<R>>;
  };
  return evaluate(question, given);
}

/** Asks again and again until the answer is yes. */
export async function eventually(answer: () => Promise<boolean>, ms = 30_000): Promise<void> {
  const end = Date.now() + ms;
  while (!(await answer())) {
    if (Date.now() > end) throw new Error(`It did not happen within ${ms / 1_000} s.`);
    await sleep(100);
  }
}

/** Waits until both see each other move for a while. */
export async function bothSee({ both }: Call, ms = 30_000): Promise<void> {
  const seen = async ({ diary }: Person) => {
    const { pictures, moments } = await diary();
    return moments.at(-1)?.call === "connected" && steadySince(pictures, Date.now()) > 1_000;
  };
  await eventually(async () => (await Promise.all(both.map(seen))).every(Boolean), ms);
}

/** For how long pictures have come without an interruption, in ms; 0 while they do not come. */
function steadySince(pictures: readonly number[], end: number): number {
  const gap = interruptions(pictures, 0, end).at(-1);
  if (gap) return end - gap.until;
  return end - (pictures[0] ?? end);
}

/** Every pause that a person would notice, the one that still lasts at `end` included. */
export function interruptions(
  pictures: readonly number[],
  since: number,
  end: number,
): { from: number; until: number }[] {
  const times = [...pictures, end];
  return times.flatMap((until, index) => {
    const from = times[index - 1];
    return from !== undefined && until > since && until - from > PAUSE ? [{ from, until }] : [];
  });
}
