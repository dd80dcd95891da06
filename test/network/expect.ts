import { expect } from "vitest";
import { firefoxPath, type Kind } from "./browsers.ts";
import { bothSee, eventually, type Call, type Meeting, type Person } from "./people.ts";
import { missing } from "./setup.mjs";

/** The reason why the network tests cannot run here, or undefined. They are skipped if there is one. */
export const skipReason = missing();

/** Whether these browsers are installed. */
export const areInstalled = (...kinds: Kind[]) =>
  !kinds.includes("firefox") || firefoxPath !== undefined;

/** Names the browsers of a meeting, for titles. */
export const namesOf = ({ ana = "chromium", bo = "chromium" }: Meeting) => `${ana} and ${bo}`;

/**
 * Waits until the selected candidate pairs of both sides, as in `host/srflx/udp,host/srflx/udp`, match.
 * ICE may select a better pair after the first one that works.
 */
export async function expectRoutes({ both }: Call, routes: RegExp): Promise<void> {
  const pairs = () => Promise.all(both.map(async ({ path }) => (await path()).pair));
  await expect.poll(async () => (await pairs()).join(), { timeout: 30_000 }).toMatch(routes);
}

/** Waits until both sides show each other again, and decode further frames. */
export async function expectFrames(call: Call): Promise<void> {
  await bothSee(call, 60_000);
  for (const { name, path } of call.both) {
    const { decoded } = await path();
    await eventually(async () => (await path()).decoded > decoded + 5).catch(() =>
      expect.fail(`${name} decodes no further frames`),
    );
  }
}

/** Checks that neither side has dropped or given up the other since then, not even briefly. */
export async function expectTogether({ both }: Call, since: number): Promise<void> {
  for (const person of both) {
    const { calls, others } = await seenBy(person, since);
    expect(others, `${person.name} saw no other participant`).not.toContain("");
    expect(others, `${person.name} saw a failed participant`).not.toContain("failed");
    for (const status of ["waiting", "failed", "left"])
      expect(calls, `the call status of ${person.name}`).not.toContain(status);
  }
}

/** Checks that both sides reported `reconnecting` since then. */
export async function expectReconnecting({ both }: Call, since: number): Promise<void> {
  for (const person of both)
    expect((await seenBy(person, since)).others, person.name).toContain("reconnecting");
}

/** Returns the statuses of the call and of the other participant, in order. */
async function seenBy({ log }: Person, since: number) {
  const moments = (await log()).moments.filter(({ at }) => at >= since);
  return {
    calls: moments.map(({ call }) => call),
    others: moments.map(({ others }) => others.map(({ status }) => status).join()),
  };
}
