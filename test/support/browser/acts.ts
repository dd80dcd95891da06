/**
 * Random sequences of actions of participants and of faults, as commands for fast-check's model-based
 * tests.
 */
import fc, { type AsyncCommand } from "fast-check";
import type { FaultOptions } from "twocan/testing";
import { createWorld, expectedOf, settled, differences, stalledMedia } from "./world.ts";
import type { Case, Expected, Person, World } from "./world.ts";

/** The expected state. */
interface Model {
  readonly people: Expected[];
}

/** The actual state. */
interface Real {
  readonly world: World;
  /** By index; empty before the first join, and after a crash. */
  readonly people: (Person | undefined)[];
}

type Act = AsyncCommand<Model, Real>;

const NAMES = ["Mina", "Jun", "Ada", "Noor"];
/** Time in ms within which the actual state must match the expected one. Detecting a crash takes longest. */
const SETTLE_MS = 45_000;
const ROUGH: FaultOptions = { drop: 0.15, duplicate: 0.15, reorder: 0.15, delay: [0, 80] };

/** An action of one participant, present or not; `hurried` continues without checking. */
function act(
  who: number,
  what: string,
  hurried: boolean,
  when: (expected: Expected) => boolean,
  run: (real: Real, model: Model) => Promise<Partial<Expected>>,
): Act {
  return {
    check: ({ people }) => who < people.length && when(people[who]!),
    async run(model, real) {
      const change = await run(real, model);
      model.people[who] = { ...model.people[who]!, ...change };
      if (!hurried) await expectModel(model, real);
    },
    toString: () => `${NAMES[who]} ${what}${hurried ? "," : "."}`,
  };
}

const isPresent = ({ present }: Expected) => present;
const there = ({ people }: Real, who: number): Person => people[who]!;

const acts = {
  join: (who: number, hurried: boolean) =>
    act(
      who,
      "joins",
      hurried,
      ({ present }) => !present,
      async (real) => {
        const person = (real.people[who] ??= real.world.enter(NAMES[who]!));
        void person.join();
        return { present: true };
      },
    ),
  leave: (who: number, hurried: boolean) =>
    act(who, "leaves", hurried, isPresent, async (real) => {
      const leaving = there(real, who).leave();
      if (!hurried) await leaving;
      return { present: false };
    }),
  crash: (who: number, hurried: boolean) =>
    act(who, "crashes", hurried, isPresent, async (real) => {
      await there(real, who).crash();
      real.people[who] = undefined;
      return expectedOf(NAMES[who]!, false);
    }),
  toggle: (who: number, hurried: boolean, what: "camera" | "microphone") =>
    act(who, `toggles the ${what}`, hurried, isPresent, async (real, model) => {
      const next = !model.people[who]![what];
      const done = there(real, who).media.getSnapshot()[what].setEnabled(next);
      if (hurried) done.catch(() => undefined);
      else await done;
      return { [what]: next };
    }),
  share: (who: number, hurried: boolean) =>
    act(who, "shares the screen or stops", hurried, isPresent, async (real, model) => {
      const { startScreenShare, stopScreenShare } = there(real, who).media.getSnapshot();
      const next = !model.people[who]!.screen;
      if (next) await startScreenShare();
      else stopScreenShare();
      return { screen: next };
    }),
  rename: (who: number, hurried: boolean, name: string) =>
    act(who, `is called ${name}`, hurried, isPresent, async (real) => {
      there(real, who).rename(name);
      return { name };
    }),
  renegotiate: (who: number, hurried: boolean, how: "negotiate" | "restartIce") =>
    act(
      who,
      how === "negotiate" ? "negotiates" : "restarts ICE",
      hurried,
      isPresent,
      async (real) => {
        for (const { connection } of there(real, who).call.getSnapshot().participants) {
          if (connection?.connectionState !== "connected") continue;
          if (how === "restartIce") connection.restartIce();
          else connection.dispatchEvent(new Event("negotiationneeded"));
        }
        return {};
      },
    ),
  outage: (who: number, hurried: boolean, ms: number) =>
    act(who, `is without signaling for ${ms} ms`, hurried, isPresent, async (real) => {
      const over = there(real, who).signaling.outage(ms);
      if (!hurried) await over;
      return {};
    }),
} as const;

/** Events that affect all participants. */
const events = {
  outage: (ms: number): Act => ({
    check: () => true,
    async run(_, real) {
      for (const person of real.people) void person?.signaling.outage(ms);
    },
    toString: () => `All participants are without signaling for ${ms} ms,`,
  }),
  conditions: (rough: boolean): Act => ({
    check: () => true,
    async run(_, { world }) {
      world.setConditions(rough ? ROUGH : {});
    },
    toString: () => `Signaling of later participants is ${rough ? "faulty" : "reliable"},`,
  }),
};

async function expectModel(model: Model, real: Real): Promise<void> {
  const cases: Case[] = model.people.flatMap((expected, who) => {
    const person = real.people[who];
    return person ? [{ person, expected }] : [];
  });
  await settled(() => differences(cases).length === 0, SETTLE_MS);
  const wrong = differences(cases);
  const still = wrong.length > 0 ? [] : await stalledMedia(cases, 15_000);
  if (wrong.length + still.length > 0) throw new Error([...wrong, ...still].join("\n"));
}

const who = fc.integer({ min: 0, max: NAMES.length - 1 });
const hurried = fc.boolean();
const outageLength = fc.integer({ min: 100, max: 2_500 });

/** Any command, with common ones more often. */
const anyAct = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(who, hurried).map((given) => acts.join(...given)) },
  { weight: 3, arbitrary: fc.tuple(who, hurried).map((given) => acts.leave(...given)) },
  { weight: 1, arbitrary: fc.tuple(who, hurried).map((given) => acts.crash(...given)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(who, hurried, fc.constantFrom("camera" as const, "microphone" as const))
      .map((given) => acts.toggle(...given)),
  },
  { weight: 2, arbitrary: fc.tuple(who, hurried).map((given) => acts.share(...given)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(who, hurried, fc.constantFrom("Mina Park", "준", "Ada L.", "N"))
      .map((given) => acts.rename(...given)),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(who, hurried, fc.constantFrom("negotiate" as const, "restartIce" as const))
      .map((given) => acts.renegotiate(...given)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(who, hurried, outageLength).map((given) => acts.outage(...given)),
  },
  { weight: 1, arbitrary: outageLength.map((ms) => events.outage(ms)) },
  { weight: 1, arbitrary: fc.boolean().map((rough) => events.conditions(rough)) },
);

/** The number of commands in a sequence. Commands whose precondition does not hold are skipped. */
const LENGTH = 14;

/** Generates the commands and the number of participants for a seed. */
function sequenceOf(seed: number): { acts: readonly Act[]; size: number } {
  const [sample] = fc.sample(
    fc.tuple(
      fc.integer({ min: 2, max: NAMES.length }),
      fc.array(anyAct, { minLength: LENGTH, maxLength: LENGTH }),
    ),
    { seed, numRuns: 1 },
  );
  const [size, following] = sample!;
  return { size, acts: [acts.join(0, true), acts.join(1, false), ...following] };
}

/** Runs the sequence of a seed. Rejects with the differences, and the commands that ran until then. */
export async function runSequence(seed: number): Promise<void> {
  const { acts: planned, size } = sequenceOf(seed);
  const history: string[] = [];
  const world = createWorld(seed);
  const real: Real = { world, people: [] };
  const model: Model = { people: NAMES.slice(0, size).map((name) => expectedOf(name, false)) };
  const commands = planned.map((planned_): Act => ({
    check: (given) => planned_.check(given),
    async run(...given) {
      history.push(planned_.toString());
      await planned_.run(...given);
    },
    toString: () => planned_.toString(),
  }));
  const failures: string[] = [];
  try {
    await fc.asyncModelRun(() => ({ model, real }), commands);
    await expectModel(model, real);
  } catch (cause) {
    failures.push(cause instanceof Error ? cause.message : String(cause));
  }
  failures.push(...world.errors.map((error) => `reported by ${error}`));
  failures.push(...(await world.end()).map((open) => `at the end ${open}`));
  if (failures.length > 0)
    throw new Error(
      [`Seed ${seed}, ${size} participants: ${history.join(" ")}`, ...failures].join("\n"),
    );
}
