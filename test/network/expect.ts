/** What the laboratory's tests ask of a call that something happened to. */
import { expect } from "vitest";
import { firefoxPath, type Kind } from "./browsers.ts";
import { bothSee, eventually, type Call, type Meeting, type Person } from "./people.ts";
import { missing } from "./setup.mjs";

/** Why there is no laboratory on this machine; its tests are skipped then, and say so. */
export const without = missing();

/** Whether these browsers are here. */
export const have = (...kinds: Kind[]) => !kinds.includes("firefox") || firefoxPath !== undefined;

/** A meeting of two kinds of browser, in words. */
export const namesOf = ({ ana = "chromium", bo = "chromium" }: Meeting) => `${ana} and ${bo}`;

/** What both say of the way of their media, as `host/srflx/udp,host/srflx/udp`, comes to be this: a better way may follow the one that worked first. */
export async function expectRoutes({ both }: Call, routes: RegExp): Promise<void> {
  const said = () => Promise.all(both.map(async ({ path }) => (await path()).pair));
  await expect.poll(async () => (await said()).join(), { timeout: 30_000 }).toMatch(routes);
}

/** They see each other again, on both sides, and pictures go on being decoded. */
export async function expectPictures(call: Call): Promise<void> {
  await bothSee(call, 60_000);
  for (const { name, path } of call.both) {
    const { decoded } = await path();
    await eventually(async () => (await path()).decoded > decoded + 5).catch(() =>
      expect.fail(`${name} decodes no more pictures`),
    );
  }
}

/** Since then neither side has lost the other or given up, not even briefly. */
export async function expectTogether({ both }: Call, since: number): Promise<void> {
  for (const person of both) {
    const { calls, others } = await seenBy(person, since);
    expect(others, `${person.name} had no other participant`).not.toContain("");
    expect(others, `${person.name} was told of failure`).not.toContain("failed");
    for (const word of ["waiting", "failed", "left"])
      expect(calls, `what the call of ${person.name} said`).not.toContain(word);
  }
}

/** A side that saw no frames reported that it was reconnecting. */
export async function expectTold({ both }: Call, since: number): Promise<void> {
  for (const person of both)
    expect((await seenBy(person, since)).others, person.name).toContain("reconnecting");
}

/** The words for the call and for the other, in order. */
async function seenBy({ diary }: Person, since: number) {
  const moments = (await diary()).moments.filter(({ at }) => at >= since);
  return {
    calls: moments.map(({ call }) => call),
    others: moments.map(({ others }) => others.map(({ status }) => status).join()),
  };
}
