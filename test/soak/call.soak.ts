/** Four people in one call, for as long as it takes, while everything around it goes wrong; `npm run soak:call`. */
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

const MINUTE = 60_000;
const CALM = 60_000;

it(
  `four people for ${soak.minutes} minutes`,
  { timeout: (2 * soak.minutes + 10) * MINUTE },
  async () => {
    const uncaught = watchUncaught();
    const chance = seededRandom(soak.seed);
    const world = createWorld(soak.seed);
    world.setConditions({ drop: 0.01, duplicate: 0.01, reorder: 0.01, delay: [0, 50] });
    const cases: Case[] = ["Mina", "Jun", "Ada", "Noor"].map((name) => ({
      person: world.enter(name),
      expected: expectedOf(name),
    }));
    const people = cases.map(({ person }) => person);
    const releases = people.map(({ call }) => call.retain());
    const count = { outages: 0, renegotiations: 0, restarts: 0, lookedAt: 0, notWell: 0 };
    const wellBy = async (ms: number) => {
      await settled(() => differences(cases).length === 0, ms);
      const wrong = differences(cases);
      return wrong.length > 0 ? wrong : stalledMedia(cases, 15_000);
    };
    expect(await wellBy(CALM)).toEqual([]);

    const end = performance.now() + soak.minutes * MINUTE;
    const draw = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)]!;
    const happens = async () => {
      const person = draw(people);
      const what = chance();
      if (what < 0.3) {
        count.outages += 1;
        const ms = 200 + chance() * 5_000;
        // At times the whole backend is down, not only one participant's connection to it.
        for (const one of chance() < 0.3 ? people : [person]) void one.signaling.outage(ms);
      } else if (what < 0.9) {
        const other = draw(person.call.getSnapshot().participants);
        const restart = what > 0.75;
        count[restart ? "restarts" : "renegotiations"] += 1;
        if (other?.connection?.connectionState === "connected") {
          if (restart) other.connection.restartIce();
          else other.connection.dispatchEvent(new Event("negotiationneeded"));
        }
      }
      await pause(200 + chance() * 2_000);
    };
    for (let minute = 1; performance.now() < end; minute += 1) {
      const next = Math.min(end, performance.now() + MINUTE);
      while (performance.now() < next) await happens();
      count.lookedAt += 1;
      const wrong = await wellBy(CALM);
      if (wrong.length > 0) count.notWell += 1;
      console.log(
        `minute ${minute}: ${wrong.join("; ") || "everyone sees everyone"}; ${JSON.stringify(count)}`,
      );
    }

    const wrong = await wellBy(CALM);
    const { errors } = world;
    const nobodyCaught = uncaught.take();
    console.log(
      `${soak.minutes} minutes: ${count.outages} outages, ${count.renegotiations} renegotiations, ${count.restarts} ICE restarts; ` +
        `${nobodyCaught.length} uncaught errors, ${errors.length} reported; ` +
        `at the end ${wrong.length === 0 ? "everyone sees everyone" : wrong.join("; ")}`,
    );
    for (const release of releases) release();
    const open = await world.end();
    uncaught.stop();
    expect({ wrong, nobodyCaught, errors, open, notWell: count.notWell }).toEqual({
      wrong: [],
      nobodyCaught: [],
      errors: [],
      open: [],
      notWell: 0,
    });
  },
);
