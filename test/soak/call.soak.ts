/** One call of four participants with random faults, for minutes: `npm run soak:call`. */
import { expect, it } from "vitest";
import { seededRandom } from "../support/seeded-random.ts";
import {
  createWorld,
  expectedOf,
  pause,
  settled,
  watchUncaught,
} from "../support/browser/world.ts";
import { differences, stalledMedia, type Case } from "../support/browser/world.ts";
import { soak } from "./options.ts";

const MINUTE_MS = 60_000;
/** Time in ms within which the call must recover once faults stop. */
const RECOVERY_MS = 60_000;

it(
  `four participants stay connected for ${soak.minutes} minutes`,
  { timeout: (2 * soak.minutes + 10) * MINUTE_MS },
  async () => {
    const uncaught = watchUncaught();
    const random = seededRandom(soak.seed);
    const world = createWorld(soak.seed);
    world.setConditions({ drop: 0.01, duplicate: 0.01, reorder: 0.01, delay: [0, 50] });
    const cases: Case[] = ["Mina", "Jun", "Ada", "Noor"].map((name) => ({
      person: world.enter(name),
      expected: expectedOf(name),
    }));
    const people = cases.map(({ person }) => person);
    const releases = people.map(({ call }) => call.retain());
    const count = { outages: 0, renegotiations: 0, restarts: 0, checks: 0, failedChecks: 0 };
    const problemsAfter = async (ms: number) => {
      await settled(() => differences(cases).length === 0, ms);
      const wrong = differences(cases);
      return wrong.length > 0 ? wrong : stalledMedia(cases, 15_000);
    };
    expect(await problemsAfter(RECOVERY_MS)).toEqual([]);

    const end = performance.now() + soak.minutes * MINUTE_MS;
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    const applyFault = async () => {
      const person = pick(people);
      const what = random();
      if (what < 0.3) {
        count.outages += 1;
        const ms = 200 + random() * 5_000;
        // In some cases the whole backend is down, not only the connection of one participant.
        for (const one of random() < 0.3 ? people : [person]) void one.signaling.outage(ms);
      } else if (what < 0.9) {
        const other = pick(person.call.getSnapshot().participants);
        const restart = what > 0.75;
        count[restart ? "restarts" : "renegotiations"] += 1;
        if (other?.connection?.connectionState === "connected") {
          if (restart) other.connection.restartIce();
          else other.connection.dispatchEvent(new Event("negotiationneeded"));
        }
      }
      await pause(200 + random() * 2_000);
    };
    for (let minute = 1; performance.now() < end; minute += 1) {
      const next = Math.min(end, performance.now() + MINUTE_MS);
      while (performance.now() < next) await applyFault();
      count.checks += 1;
      const wrong = await problemsAfter(RECOVERY_MS);
      if (wrong.length > 0) count.failedChecks += 1;
      console.log(
        `minute ${minute}: ${wrong.join("; ") || "all participants see each other"}; ${JSON.stringify(count)}`,
      );
    }

    const wrong = await problemsAfter(RECOVERY_MS);
    const { errors } = world;
    const uncaughtErrors = uncaught.take();
    console.log(
      `${soak.minutes} minutes: ${count.outages} outages, ${count.renegotiations} renegotiations, ${count.restarts} ICE restarts; ` +
        `${uncaughtErrors.length} uncaught errors, ${errors.length} reported; ` +
        `at the end ${wrong.length === 0 ? "all participants see each other" : wrong.join("; ")}`,
    );
    for (const release of releases) release();
    const open = await world.end();
    uncaught.stop();
    expect({ wrong, uncaughtErrors, errors, open, failedChecks: count.failedChecks }).toEqual({
      wrong: [],
      uncaughtErrors: [],
      errors: [],
      open: [],
      failedChecks: 0,
    });
  },
);
