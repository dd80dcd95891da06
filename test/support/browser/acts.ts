/**
 * Random sequences of what people do and what happens to them, as commands for fast-check, and
 * how one such sequence is played.
 */
import fc, { type AsyncCommand } from "fast-check";
import type { FaultOptions } from "twocan/testing";
import { createWorld, expectedOf, settled, whatIsWrong, whatStandsStill } from "./world.ts";
import type { Case, Expected, Person, World } from "./world.ts";

/** What should be true now. */
interface Model {
  readonly people: Expected[];
}

/** What is. */
interface Real {
  readonly world: World;
  /** By index; empty before the first join, and after a crash. */
  readonly people: (Person | undefined)[];
}

type Act = AsyncCommand<Model, Real>;

const NAMES = ["Mina", "Jun", "Ada", "Noor"];
/** How long it may take until all is as it should be: a crash takes the longest to be believed. */
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
      if (!hurried) await expectTruth(model, real);
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
      const wish = !model.people[who]![what];
      const done = there(real, who).media.getSnapshot()[what].setEnabled(wish);
      if (hurried) done.catch(() => undefined);
      else await done;
      return { [what]: wish };
    }),
  share: (who: number, hurried: boolean) =>
    act(who, "shares the screen or stops", hurried, isPresent, async (real, model) => {
      const { startScreenShare, stopScreenShare } = there(real, who).media.getSnapshot();
      const wish = !model.people[who]!.screen;
      if (wish) await startScreenShare();
      else stopScreenShare();
      return { screen: wish };
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

/** An event that affects all participants. */
const happenings = {
  outage: (ms: number): Act => ({
    check: () => true,
    async run(_, real) {
      for (const person of real.people) void person?.signaling.outage(ms);
    },
    toString: () => `No participant has signaling for ${ms} ms,`,
  }),
  conditions: (rough: boolean): Act => ({
    check: () => true,
    async run(_, { world }) {
      world.setConditions(rough ? ROUGH : {});
    },
    toString: () => `For newcomers signaling is ${rough ? "rough" : "calm"},`,
  }),
};

async function expectTruth(model: Model, real: Real): Promise<void> {
  const cases: Case[] = model.people.flatMap((expected, who) => {
    const person = real.people[who];
    return person ? [{ person, expected }] : [];
  });
  await settled(() => whatIsWrong(cases).length === 0, SETTLE_MS);
  const wrong = whatIsWrong(cases);
  const still = wrong.length > 0 ? [] : await whatStandsStill(cases, 15_000);
  if (wrong.length + still.length > 0) throw new Error([...wrong, ...still].join("\n"));
}

const who = fc.integer({ min: 0, max: NAMES.length - 1 });
const hurried = fc.boolean();
const outageLength = fc.integer({ min: 100, max: 2_500 });

/** What may happen, the usual things more often. */
const happened = fc.oneof(
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
  { weight: 1, arbitrary: outageLength.map((ms) => happenings.outage(ms)) },
  { weight: 1, arbitrary: fc.boolean().map((rough) => happenings.conditions(rough)) },
);

/** So many things happen in a sequence, those left out that make no sense where they stand. */
const LENGTH = 14;

/** What happens in the sequence of that seed, and how many people there are. */
function sequenceOf(seed: number): { acts: readonly Act[]; size: number } {
  const [drawn] = fc.sample(
    fc.tuple(
      fc.integer({ min: 2, max: NAMES.length }),
      fc.array(happened, { minLength: LENGTH, maxLength: LENGTH }),
    ),
    { seed, numRuns: 1 },
  );
  const [size, following] = drawn!;
  return { size, acts: [acts.join(0, true), acts.join(1, false), ...following] };
}

/** Plays the sequence of that seed. Rejects with what was not true, and what had happened until then. */
export async function playSequence(seed: number): Promise<void> {
  const { acts: planned, size } = sequenceOf(seed);
  const happenedSoFar: string[] = [];
  const world = createWorld(seed);
  const real: Real = { world, people: [] };
  const model: Model = { people: NAMES.slice(0, size).map((name) => expectedOf(name, false)) };
  const commands = planned.map((planned_): Act => ({
    check: (given) => planned_.check(given),
    async run(...given) {
      happenedSoFar.push(planned_.toString());
      await planned_.run(...given);
    },
    toString: () => planned_.toString(),
  }));
  const failures: string[] = [];
  try {
    await fc.asyncModelRun(() => ({ model, real }), commands);
    await expectTruth(model, real);
  } catch (cause) {
    failures.push(cause instanceof Error ? cause.message : String(cause));
  }
  failures.push(...world.errors.map((error) => `reported by ${error}`));
  failures.push(...(await world.end()).map((open) => `at the end ${open}`));
  if (failures.length > 0)
    throw new Error(
      [`Seed ${seed}, ${size} people: ${happenedSoFar.join(" ")}`, ...failures].join("\n"),
    );
}
