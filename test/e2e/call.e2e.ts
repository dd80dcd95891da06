/** The main job by each backend, and between two browsers: people come, see and hear each other, change everything, and leave nothing behind. */
import { expect, test } from "@playwright/test";
import { createFirestoreAdmin } from "../../scripts/firestore-admin.mjs";
import { firefoxPath } from "./firefox.ts";
import {
  expectAll,
  expectPictures,
  expectSound,
  newRoom,
  NOTHING_OPEN,
  Room,
  see,
  tileOf,
  type Backend,
  type Person,
} from "./support.ts";

const firestore = process.env["TWOCAN_FIRESTORE"];
/** A meeting: Mina is the first, and Jun comes, so Jun calls. */
interface Meeting {
  readonly title: string;
  readonly backend: Backend;
  /** Which participants use Firefox; the others use Chromium. */
  readonly firefox?: "Mina" | "Jun";
  /** Who comes later, one after the other. */
  readonly later: readonly string[];
}

const meetings: readonly Meeting[] = [
  { title: "broadcast-channel", backend: "broadcast-channel", later: ["Sora", "Yuna"] },
  { title: "websocket", backend: "websocket", later: ["Sora", "Yuna"] },
  { title: "firestore", backend: "firestore", later: ["Sora", "Yuna"] },
  {
    title: "websocket in which Firefox calls Chromium",
    backend: "websocket",
    firefox: "Jun",
    later: ["Sora"],
  },
  {
    title: "websocket in which Chromium calls Firefox",
    backend: "websocket",
    firefox: "Mina",
    later: ["Sora"],
  },
];

for (const { title, backend, firefox, later } of meetings) {
  test(`a call by ${title}, from the first to come to the last to leave`, async ({ browser }) => {
    test.skip(
      backend === "firestore" && !firestore,
      "there is no Firestore emulator on this machine",
    );
    test.skip(firefox !== undefined && !firefoxPath, "there is no Firefox on this machine");
    test.setTimeout(240_000);
    const options = newRoom();
    const room = new Room(browser, backend, options);
    const enter = (name: string) =>
      name === firefox ? room.enterWithFirefox(name) : room.enter(name);

    const mina = await enter("Mina");
    await expectAll([mina]);
    const jun = await enter("Jun");
    await test.step("two see and hear each other", async () => {
      await expectAll([mina, jun]);
      await expectSound(mina);
      await expectSound(jun);
      await expect.poll(async () => (await see(jun)).steps).toBe("1 2 3 4 5 6 12 13");
      await expect.poll(async () => (await see(mina)).steps).toBe("7 8 9 10 11");
    });

    await test.step("StrictMode asked once, joined once, connected once", async () => {
      for (const person of [mina, jun])
        expect(await see(person)).toMatchObject({ prompts: 1, connectionsMade: 1 });
    });

    // One browser has nothing to learn from the other direction.
    const acts: [Person, Person][] = [[jun, mina]];
    if (firefox) acts.push([mina, jun]);
    for (const [actor, viewer] of acts)
      await test.step(`${actor.name} changes everything`, () =>
        changeEverything(actor, viewer, firefox === actor.name ? 1 : 3));

    await test.step("none of this was a renegotiation", async () => {
      for (const person of [mina, jun]) expect((await see(person)).rounds).toBe("1");
    });

    const people = [mina, jun];
    for (const name of later) {
      const names = people.map((person) => person.name);
      const newcomer = await enter(name);
      people.push(newcomer);
      await test.step(`${name} joins, too`, async () => {
        await expectAll(people);
        expect((await see(newcomer)).names).toEqual(names);
      });
    }

    await test.step("one reloads, and takes the own place again", async () => {
      await jun.page.reload();
      await expectAll(people);
      expect((await see(mina)).names).toEqual(["Jun", ...later]);
    });

    await test.step("one leaves, and comes back", async () => {
      await mina.page.click("Leave the call");
      await expect.poll(async () => (await see(mina)).status).toBe("left");
      await expectAll(people.slice(1));
      await mina.page.click("Join");
      await expectAll(people);
    });

    await test.step("one closes the tab", async () => {
      await people.at(-1)!.page.close();
      await expectAll(people.slice(0, -1));
    });

    await test.step("the last leave, and nothing stays", async () => {
      for (const person of people.slice(0, -1).toReversed()) {
        await person.page.click("Close");
        await expect.poll(async () => (await see(person)).open).toEqual(NOTHING_OPEN);
      }
      if (backend === "firestore")
        await expect
          .poll(() => createFirestoreAdmin(firestore!).documents(options["project"]!))
          .toEqual([]);
    });

    expect(people.flatMap(({ problems }) => problems)).toEqual([]);
    await room.close();
  });
}

/** Camera, microphone and screen, off and on and another one; `viewer` sees and hears it. */
async function changeEverything(actor: Person, viewer: Person, cameras: number): Promise<void> {
  const seen = async () => tileOf(viewer, actor);

  await test.step("the camera goes off, and comes back", async () => {
    await actor.page.click("Camera");
    await expect.poll(async () => (await seen())?.picture).toBe("avatar");
    await expect.poll(async () => (await see(actor)).open.tracks).toBe(1);
    await actor.page.click("Camera");
    await expectPictures(viewer, actor);
  });

  await test.step("the microphone goes off, and comes back", async () => {
    await actor.page.click("Microphone");
    await expect.poll(async () => (await seen())?.microphone).toBe("off");
    await actor.page.click("Microphone");
    await expect.poll(async () => (await seen())?.microphone).toBe("on");
    await expectSound(viewer);
  });

  await test.step("the camera is changed to another one, where there is one", async () => {
    await expect.poll(async () => (await see(actor)).cameras.length).toBe(cameras);
    const before = await see(actor);
    // The last one: the second fake camera of Chromium sends a depth map, which no codec takes.
    const other = before.cameras.at(-1) ?? "";
    if (cameras > 1) expect(before.camera).not.toBe(other);
    await actor.page.choose("Camera", other);
    await expect.poll(async () => (await see(actor)).camera).toBe(other);
    await expectPictures(viewer, actor);
    await expect.poll(async () => (await see(actor)).open.tracks).toBe(2);
  });

  await test.step("a screen is shared, and stopped", async () => {
    await actor.page.click("Share screen");
    await expectPictures(viewer, actor, "screen");
    await expectPictures(viewer, actor);
    await actor.page.click("Share screen");
    await expect.poll(() => tileOf(viewer, actor, "screen")).toBe(undefined);
  });
}

test("who passes another adapter never downloads Firebase", async ({ browser }) => {
  const room = new Room(browser, "websocket", newRoom());
  const mina = await room.enter("Mina");
  const jun = await room.enter("Jun");
  await expectAll([mina, jun]);
  const loaded = await mina.page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => name),
  );
  expect(loaded.filter((name) => /firebase|adapters\/firestore/.test(name))).toEqual([]);
  await room.close();
});

test("with no adapter at all the default Firebase app carries the call", async ({ browser }) => {
  test.skip(!firestore, "there is no Firestore emulator on this machine");
  const options = newRoom();
  // These pages are not signed in, which only development rules allow.
  const open =
    "rules_version = '2'; service cloud.firestore { match /databases/{d}/documents { match /{p=**} { allow read, write; } } }";
  await createFirestoreAdmin(firestore!).setRules(options["project"]!, open);
  const room = new Room(browser, "default", options);
  const mina = await room.enter("Mina");
  const jun = await room.enter("Jun");
  await expectAll([mina, jun]);
  await room.close();
});

test("who is not signed in is told what to do", async ({ browser }) => {
  test.skip(!firestore, "there is no Firestore emulator on this machine");
  const room = new Room(browser, "default", newRoom());
  const mina = await room.enter("Mina");
  await expect.poll(async () => (await see(mina)).status).toBe("failed");
  const { error } = await see(mina);
  expect(error).toContain("signaling-denied");
  expect(error).toContain("sign in before joining");
  await room.close();
});

test("a plain call of two costs Firestore no more than it should, and leaves no document", async ({
  browser,
}) => {
  test.skip(!firestore, "there is no Firestore emulator on this machine");
  const options = newRoom();
  const room = new Room(browser, "firestore", options);
  const mina = await room.enter("Mina");
  await expectAll([mina]);
  const jun = await room.enter("Jun");
  await expectAll([mina, jun]);
  for (const person of [jun, mina]) {
    await person.page.click("Close");
    await expect.poll(async () => (await see(person)).open).toEqual(NOTHING_OPEN);
  }
  const total = { writes: 0, reads: 0, deletes: 0 };
  for (const { page } of [mina, jun]) {
    const spent = await page.evaluate(() => window.firestoreOperations!);
    total.writes += spent.writes;
    total.reads += spent.reads;
    total.deletes += spent.deletes;
  }
  console.info("operations of a plain call of two:", JSON.stringify(total));
  // Two presences and at most five packets; each packet is read once, and the rosters and the empty
  // inboxes cost seven. On a calm machine it is five and ten.
  expect(total.writes).toBeLessThanOrEqual(7);
  expect(total.reads).toBeLessThanOrEqual(12);
  expect(total.deletes).toBeLessThanOrEqual(4);
  await expect
    .poll(() => createFirestoreAdmin(firestore!).documents(options["project"]!))
    .toEqual([]);
  await room.close();
});
