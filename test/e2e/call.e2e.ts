/** The main job by each backend: people come, see and hear each other, change everything, and leave nothing behind. */
import { expect, test } from "@playwright/test";
import { createFirestoreAdmin } from "../../scripts/firestore-admin.mjs";
import {
  expectEverybody,
  expectPictures,
  expectSound,
  NOTHING_OPEN,
  openIn,
  Room,
  tileOf,
} from "./support.ts";

const firestore = process.env["TWOCAN_FIRESTORE"];
let rooms = 0;

/** A room of its own for each test; unguessable, as the shipped rules ask. */
function newRoom(): Record<string, string> {
  rooms += 1;
  const room = `c_${Date.now()}e2eroom${String(rooms).padStart(6, "0")}`;
  return {
    room,
    relay: process.env["TWOCAN_RELAY"] ?? "",
    firestore: firestore ?? "",
    project: `demo-e2e-${Date.now()}`,
  };
}

for (const backend of ["broadcast-channel", "websocket", "firestore"] as const) {
  test(`a call by ${backend}, from the first to come to the last to leave`, async ({ browser }) => {
    test.skip(
      backend === "firestore" && !firestore,
      "there is no Firestore emulator on this machine",
    );
    test.setTimeout(180_000);
    const options = newRoom();
    const room = new Room(browser, backend, options);

    const mina = await room.enter("Mina");
    await expectEverybody([mina]);
    const jun = await room.enter("Jun");
    await test.step("two see and hear each other", async () => {
      await expectEverybody([mina, jun]);
      await expectSound(mina);
      await expectSound(jun);
      await expect(jun.page.getByTestId("steps")).toHaveText("1 2 3 4 5 6 12 13");
      await expect(mina.page.getByTestId("steps")).toHaveText("7 8 9 10 11");
    });

    await test.step("StrictMode asked once, joined once, connected once", async () => {
      for (const { page } of [mina, jun]) {
        const { prompts, connectionsMade } = await page.evaluate(() => window.recorded);
        expect({ prompts, connectionsMade }).toEqual({ prompts: 1, connectionsMade: 1 });
      }
    });

    await test.step("the camera goes off, and comes back", async () => {
      await jun.page.getByRole("button", { name: "Camera" }).click();
      await expect(tileOf(mina, jun)).toHaveAttribute("data-picture", "avatar");
      expect((await openIn(jun)).tracks).toBe(1);
      await jun.page.getByRole("button", { name: "Camera" }).click();
      await expectPictures(mina, jun);
    });

    await test.step("the microphone goes off, and comes back", async () => {
      await jun.page.getByRole("button", { name: "Microphone" }).click();
      await expect(tileOf(mina, jun)).toHaveAttribute("data-microphone", "off");
      await jun.page.getByRole("button", { name: "Microphone" }).click();
      await expect(tileOf(mina, jun)).toHaveAttribute("data-microphone", "on");
      await expectSound(mina);
    });

    await test.step("the camera is changed to another one", async () => {
      const select = jun.page.getByRole("combobox", { name: "Camera" });
      // The last one: the second fake camera of Chromium sends a depth map, which no codec takes.
      const other = await select.locator("option").last().getAttribute("value");
      expect(await select.inputValue()).not.toBe(other);
      await select.selectOption(other);
      await expect(select).toHaveValue(other ?? "");
      await expectPictures(mina, jun);
      expect((await openIn(jun)).tracks).toBe(2);
    });

    await test.step("a screen is shared, and stopped", async () => {
      await jun.page.getByRole("button", { name: /screen/i }).click();
      await expectPictures(mina, jun, "screen");
      await expectPictures(mina, jun);
      await jun.page.getByRole("button", { name: /screen/i }).click();
      await expect(tileOf(mina, jun, "screen")).toHaveCount(0);
    });

    await test.step("none of this was a renegotiation", async () => {
      for (const { page } of [mina, jun]) await expect(page.getByTestId("rounds")).toHaveText("1");
    });

    const sora = await room.enter("Sora");
    await test.step("a third joins", () => expectEverybody([mina, jun, sora]));
    const yuna = await room.enter("Yuna");
    await test.step("a fourth joins", async () => {
      await expectEverybody([mina, jun, sora, yuna]);
      await expect(yuna.page.getByTestId("names")).toHaveText("Mina Jun Sora");
    });

    await test.step("one reloads, and takes the own place again", async () => {
      await jun.page.reload();
      await expectEverybody([mina, jun, sora, yuna]);
    });

    await test.step("one leaves", async () => {
      await sora.page.getByRole("button", { name: "Leave" }).click();
      await expect(sora.page.getByTestId("status")).toHaveText("left");
      await expectEverybody([mina, jun, yuna]);
    });

    await test.step("one closes the tab", async () => {
      await yuna.page.close({ runBeforeUnload: true });
      await expectEverybody([mina, jun]);
    });

    await test.step("the last leave, and nothing stays", async () => {
      for (const person of [jun, mina, sora]) {
        await person.page.getByRole("button", { name: "Close" }).click();
        await expect.poll(() => openIn(person)).toEqual(NOTHING_OPEN);
      }
      if (backend === "firestore")
        await expect
          .poll(() => createFirestoreAdmin(firestore!).documents(options["project"]!))
          .toEqual([]);
    });

    expect([mina, jun, sora].flatMap(({ problems }) => problems)).toEqual([]);
    await room.close();
  });
}

test("who passes another adapter never downloads Firebase", async ({ browser }) => {
  const room = new Room(browser, "websocket", newRoom());
  const mina = await room.enter("Mina");
  const jun = await room.enter("Jun");
  await expectEverybody([mina, jun]);
  const loaded = await mina.page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => name),
  );
  expect(loaded.filter((name) => /firebase|adapters\/firestore/.test(name))).toEqual([]);
  await room.close();
});

test("with no adapter at all the default Firebase app carries the call", async ({ browser }) => {
  test.skip(!firestore, "there is no Firestore emulator on this machine");
  const options = newRoom();
  // Nobody is signed in here, which only rules for development allow.
  const open =
    "rules_version = '2'; service cloud.firestore { match /databases/{d}/documents { match /{p=**} { allow read, write; } } }";
  await createFirestoreAdmin(firestore!).setRules(options["project"]!, open);
  const room = new Room(browser, "default", options);
  const mina = await room.enter("Mina");
  const jun = await room.enter("Jun");
  await expectEverybody([mina, jun]);
  await room.close();
});

test("who is not signed in is told what to do", async ({ browser }) => {
  test.skip(!firestore, "there is no Firestore emulator on this machine");
  const room = new Room(browser, "default", newRoom());
  const mina = await room.enter("Mina");
  await expect(mina.page.getByTestId("status")).toHaveText("failed");
  await expect(mina.page.getByTestId("error")).toContainText("signaling-denied");
  await expect(mina.page.getByTestId("error")).toContainText("sign in before joining");
  await room.close();
});

test("a plain call of two costs Firestore no more than it should, and leaves no document", async ({
  browser,
}) => {
  test.skip(!firestore, "there is no Firestore emulator on this machine");
  const options = newRoom();
  const room = new Room(browser, "firestore", options);
  const mina = await room.enter("Mina");
  await expectEverybody([mina]);
  const jun = await room.enter("Jun");
  await expectEverybody([mina, jun]);
  for (const person of [jun, mina]) {
    await person.page.getByRole("button", { name: "Close" }).click();
    await expect.poll(() => openIn(person)).toEqual(NOTHING_OPEN);
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
