import { expect, test } from "@playwright/test";
import { createFirestoreAdmin } from "../../scripts/firestore-admin.mjs";
import { firefoxPath } from "./firefox.ts";
import {
  expectAll,
  expectFrames,
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
/** A call. Mina joins first and Jun second, so Jun sends the offer. */
interface Meeting {
  readonly title: string;
  readonly backend: Backend;
  /** The participant that uses Firefox. The others use Chromium. */
  readonly firefox?: "Mina" | "Jun";
  /** Participants that join later, one after the other. */
  readonly later: readonly string[];
}

const meetings: readonly Meeting[] = [
  { title: "broadcast-channel", backend: "broadcast-channel", later: ["Sora", "Yuna"] },
  { title: "websocket", backend: "websocket", later: ["Sora", "Yuna"] },
  { title: "firestore", backend: "firestore", later: ["Sora", "Yuna"] },
  {
    title: "websocket from Firefox to Chromium",
    backend: "websocket",
    firefox: "Jun",
    later: ["Sora"],
  },
  {
    title: "websocket from Chromium to Firefox",
    backend: "websocket",
    firefox: "Mina",
    later: ["Sora"],
  },
];

for (const { title, backend, firefox, later } of meetings) {
  test(`a call over ${title}, from the first join to the last leave`, async ({ browser }) => {
    test.skip(backend === "firestore" && !firestore, "the Firestore emulator is not installed");
    test.skip(firefox !== undefined && !firefoxPath, "Firefox is not installed");
    test.setTimeout(240_000);
    const options = newRoom();
    const room = new Room(browser, backend, options);
    const enter = (name: string) =>
      name === firefox ? room.enterWithFirefox(name) : room.enter(name);

    const mina = await enter("Mina");
    await expectAll([mina]);
    const jun = await enter("Jun");
    await test.step("two participants receive video and audio of each other", async () => {
      await expectAll([mina, jun]);
      await expectSound(mina);
      await expectSound(jun);
      await expect.poll(async () => (await see(jun)).steps).toBe("1 2 3 4 5 6 12 13");
      await expect.poll(async () => (await see(mina)).steps).toBe("7 8 9 10 11");
    });

    await test.step("StrictMode causes one prompt, one join and one connection", async () => {
      for (const person of [mina, jun])
        expect(await see(person)).toMatchObject({ prompts: 1, connectionsMade: 1 });
    });

    // With one kind of browser the other direction would be the same test.
    const acts: [Person, Person][] = [[jun, mina]];
    if (firefox) acts.push([mina, jun]);
    for (const [actor, viewer] of acts)
      await test.step(`${actor.name} changes devices and shares a screen`, () =>
        changeDevices(actor, viewer, firefox === actor.name ? 1 : 3));

    await test.step("none of this needed a renegotiation", async () => {
      for (const person of [mina, jun]) expect((await see(person)).rounds).toBe("1");
    });

    const people = [mina, jun];
    for (const name of later) {
      const names = people.map((person) => person.name);
      const newcomer = await enter(name);
      people.push(newcomer);
      await test.step(`${name} joins`, async () => {
        await expectAll(people);
        expect((await see(newcomer)).names).toEqual(names);
      });
    }

    await test.step("a participant reloads and keeps the position", async () => {
      await jun.page.reload();
      await expectAll(people);
      expect((await see(mina)).names).toEqual(["Jun", ...later]);
    });

    await test.step("a participant leaves and joins again", async () => {
      await mina.page.click("Leave the call");
      await expect.poll(async () => (await see(mina)).status).toBe("left");
      await expectAll(people.slice(1));
      await mina.page.click("Join");
      await expectAll(people);
    });

    await test.step("a participant closes the tab", async () => {
      await people.at(-1)!.page.close();
      await expectAll(people.slice(0, -1));
    });

    await test.step("the last participants leave, and nothing stays open", async () => {
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

/** Toggles and switches the devices of `actor`, shares a screen, and checks what `viewer` receives. */
async function changeDevices(actor: Person, viewer: Person, cameras: number): Promise<void> {
  const seen = async () => tileOf(viewer, actor);

  await test.step("the camera turns off and on", async () => {
    await actor.page.click("Camera");
    await expect.poll(async () => (await seen())?.picture).toBe("avatar");
    await expect.poll(async () => (await see(actor)).open.tracks).toBe(1);
    await actor.page.click("Camera");
    await expectFrames(viewer, actor);
  });

  await test.step("the microphone turns off and on", async () => {
    await actor.page.click("Microphone");
    await expect.poll(async () => (await seen())?.microphone).toBe("off");
    await actor.page.click("Microphone");
    await expect.poll(async () => (await seen())?.microphone).toBe("on");
    await expectSound(viewer);
  });

  await test.step("another camera is selected, if there is one", async () => {
    await expect.poll(async () => (await see(actor)).cameras.length).toBe(cameras);
    const before = await see(actor);
    // The last one, because Chromium's second fake camera sends a depth map that no codec supports.
    const other = before.cameras.at(-1) ?? "";
    if (cameras > 1) expect(before.camera).not.toBe(other);
    await actor.page.choose("Camera", other);
    await expect.poll(async () => (await see(actor)).camera).toBe(other);
    await expectFrames(viewer, actor);
    await expect.poll(async () => (await see(actor)).open.tracks).toBe(2);
  });

  await test.step("a screen share starts and stops", async () => {
    await actor.page.click("Share screen");
    await expectFrames(viewer, actor, "screen");
    await expectFrames(viewer, actor);
    await actor.page.click("Share screen");
    await expect.poll(() => tileOf(viewer, actor, "screen")).toBe(undefined);
  });
}

test("an application with another adapter never downloads Firebase", async ({ browser }) => {
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

test("a call without an adapter uses the default Firebase app", async ({ browser }) => {
  test.skip(!firestore, "the Firestore emulator is not installed");
  const options = newRoom();
  // These pages are not signed in, so the rules have to allow everything.
  const open =
    "rules_version = '2'; service cloud.firestore { match /databases/{d}/documents { match /{p=**} { allow read, write; } } }";
  await createFirestoreAdmin(firestore!).setRules(options["project"]!, open);
  const room = new Room(browser, "default", options);
  const mina = await room.enter("Mina");
  const jun = await room.enter("Jun");
  await expectAll([mina, jun]);
  await room.close();
});

test("join() fails with instructions if the user is not signed in", async ({ browser }) => {
  test.skip(!firestore, "the Firestore emulator is not installed");
  const room = new Room(browser, "default", newRoom());
  const mina = await room.enter("Mina");
  await expect.poll(async () => (await see(mina)).status).toBe("failed");
  const { error } = await see(mina);
  expect(error).toContain("signaling-denied");
  expect(error).toContain("sign in before joining");
  await room.close();
});

test("a call of two stays within its Firestore budget and leaves no document", async ({
  browser,
}) => {
  test.skip(!firestore, "the Firestore emulator is not installed");
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
  console.info("operations of a call of two:", JSON.stringify(total));
  // Writes are two presence documents and at most five packets. Each packet is read once; the rosters
  // and the empty inboxes cost seven reads. On an idle machine there are five writes and ten reads.
  expect(total.writes).toBeLessThanOrEqual(7);
  expect(total.reads).toBeLessThanOrEqual(12);
  expect(total.deletes).toBeLessThanOrEqual(4);
  await expect
    .poll(() => createFirestoreAdmin(firestore!).documents(options["project"]!))
    .toEqual([]);
  await room.close();
});
