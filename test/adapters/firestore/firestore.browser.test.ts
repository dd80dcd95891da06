/** The Firestore adapter against the emulator, with the rules of the package. */
import { createMockUserToken } from "@firebase/util";
import { type FirebaseApp, deleteApp, initializeApp } from "firebase/app";
import type * as Sdk from "firebase/firestore";
import {
  collection,
  connectFirestoreEmulator,
  deleteDoc,
  disableNetwork,
  doc,
  enableNetwork,
  type Firestore,
  getFirestore,
  serverTimestamp,
  setDoc,
  setLogLevel,
} from "firebase/firestore";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { createFirestoreAdmin } from "../../../scripts/firestore-admin.mjs";
import {
  type FirestoreSignalingOptions,
  firestoreSignaling,
} from "../../../src/adapters/firestore/firestore.ts";
import type { CallError } from "../../../src/core/lib/errors.ts";
import type { PeerInfo, SignalingSession } from "../../../src/core/signaling/signaling.ts";
import {
  describeSignaling,
  type SignalingBackend,
} from "../../../src/testing/conformance/describe-signaling.ts";
import { NON_OBJECTS, MALFORMED_OBJECTS } from "../../support/malformed-values.ts";

/** The billed operations of this page. */
const bill = vi.hoisted(() => ({ writes: 0, deletes: 0, reads: 0 }));
/** Presences that existing listeners are not notified of, as happens on the emulator. */
const overlooked = vi.hoisted(() => new Set<string>());
/** How many of the next listeners get no answer, as happens on the emulator. */
const unanswered = vi.hoisted(() => ({ next: 0 }));

// Behaves as the original, and counts.
vi.mock("firebase/firestore", async (importOriginal) => {
  const sdk = await importOriginal<typeof Sdk>();
  const without = (snapshot: Sdk.QuerySnapshot, names: readonly string[]) =>
    names.length === 0
      ? snapshot
      : new Proxy(snapshot, {
          get: (target, key) =>
            key === "docs"
              ? target.docs.filter(({ id }) => !names.includes(id))
              : Reflect.get(target, key, target),
        });
  /** Each document that a listener receives is billed, and one read for an empty result. */
  function onSnapshot(
    source: Sdk.Query,
    options: Sdk.SnapshotListenOptions,
    next: (snapshot: Sdk.QuerySnapshot) => void,
    failed: (error: Sdk.FirestoreError) => void,
  ) {
    let answered = false;
    const here = [...overlooked];
    if (unanswered.next > 0) {
      unanswered.next -= 1;
      return () => {};
    }
    return sdk.onSnapshot(
      source,
      options,
      (whole) => {
        const snapshot = without(whole, here);
        for (const { type, doc: read } of snapshot.docChanges({ includeMetadataChanges: true }))
          if (type !== "removed" && !read.metadata.hasPendingWrites) bill.reads += 1;
        if (!answered && !snapshot.metadata.fromCache && snapshot.empty) bill.reads += 1;
        answered ||= !snapshot.metadata.fromCache;
        next(snapshot);
      },
      failed,
    );
  }
  return {
    ...sdk,
    onSnapshot,
    setDoc(document: Sdk.DocumentReference, data: Sdk.DocumentData) {
      bill.writes += 1;
      return sdk.setDoc(document, data);
    },
    deleteDoc(document: Sdk.DocumentReference) {
      bill.deletes += 1;
      return sdk.deleteDoc(document);
    },
  };
});

const host = inject("firestore");
const projectId = "demo-firestore-adapter";

/** A user with a Firestore client. */
interface Person {
  app: FirebaseApp;
  firestore: Firestore;
  options: FirestoreSignalingOptions;
}

/** A user in a room, and everything that was received there. */
interface Guest {
  id: string;
  peers: readonly PeerInfo[];
  ids(): string[];
  /** The texts of the packets, with their senders. */
  heard: string[];
  statuses: string[];
  errors: CallError[];
  session: SignalingSession;
  say(to: Guest, text: string): Promise<void>;
}

describe.skipIf(!host)("firestoreSignaling()", () => {
  const admin = createFirestoreAdmin(host!);
  const documents = () => admin.documents(projectId);
  const port = Number(host?.split(":")[1]);
  const guests: Guest[] = [];
  const people: Person[] = [];
  let mina: Person;
  let jun: Person;
  let eve: Person;
  let rooms = 0;

  /** A browser opens six connections to a host and a client holds two, so the third needs another host. */
  function person(uid: string | undefined, address = "127.0.0.1"): Person {
    const app = initializeApp({ projectId, apiKey: "none" }, uid ?? "signed-out");
    const firestore = getFirestore(app);
    const user = uid && { sub: uid, user_id: uid };
    connectFirestoreEmulator(firestore, address, port, user ? { mockUserToken: user } : {});
    const getIdToken = async () => (user ? createMockUserToken(user, projectId) : "");
    const currentUser = uid ? { uid, getIdToken } : null;
    const auth = { authStateReady: async () => {}, currentUser };
    const created = { app, firestore, options: { firestore, auth } };
    people.push(created);
    return created;
  }

  /** A unique room name, as createRoomId() creates it. */
  const newRoom = () => `c_${String((rooms += 1)).padStart(20, "0")}`;
  const presenceIn = (room: string, { id }: Guest) => `rooms/${room}/peers/${id}`;
  const mailboxIn = (room: string, to: Guest, from: Guest) =>
    `${presenceIn(room, to)}/inbox/${from.id}`;

  async function enter(
    who: Person,
    room: string,
    self: Partial<PeerInfo> = {},
    signal = new AbortController().signal,
  ): Promise<Guest> {
    const guest: Omit<Guest, "id" | "session" | "say"> = {
      peers: [],
      ids: () => guest.peers.map(({ id }) => id),
      heard: [],
      statuses: [],
      errors: [],
    };
    const session = await firestoreSignaling(who.options).join({
      room,
      self: { id: "here", joinedAt: Date.now(), ...self },
      signal,
      onPeers: (peers) => (guest.peers = peers),
      onMessage: (from, message) => guest.heard.push(`${from}: ${String(message["text"])}`),
      onStatus: (status) => guest.statuses.push(status),
      onError: (error) => guest.errors.push(error),
    });
    const say = (to: Guest, text: string) => session.send(to.id, { text });
    const entered = Object.assign(guest, { id: session.id ?? "", session, say });
    guests.push(entered);
    return entered;
  }

  beforeAll(() => {
    setLogLevel("silent");
    mina = person("mina");
    jun = person("jun");
    eve = person("eve", "localhost");
  });
  afterEach(async () => {
    await Promise.all(guests.splice(0).map(({ session }) => session.leave()));
    await admin.wipe(projectId);
  });
  afterAll(() => Promise.all(people.map(({ app }) => deleteApp(app))));

  describe("in a room", () => {
    it("puts the signed-in user into the id", async () => {
      const guest = await enter(mina, newRoom(), { id: "tab_1" });
      expect(guest.id).toBe("mina.tab_1");
    });

    it("takes the user of the emulator's mockUserToken when the application has no Auth", async () => {
      const app = initializeApp({ projectId });
      const database = getFirestore(app);
      const mockUserToken = { sub: "mock", user_id: "mock" };
      connectFirestoreEmulator(database, "localhost", port, { mockUserToken });
      const room = newRoom();
      const first = await enter({ app, firestore: database, options: {} }, room, { id: "tab_1" });
      const second = await enter(jun, room);
      expect(first.id).toBe("mock.tab_1");
      await expect.poll(() => first.ids()).toEqual([second.id]);
      await second.session.leave();
      // Unload cleanup is a separate request, so it must carry the token too.
      dispatchEvent(new Event("pagehide"));
      await expect.poll(documents).toEqual([]);
      await deleteApp(app);
    });

    it("lists all peers for a late one, and the late one for all", async () => {
      const room = newRoom();
      const first = await enter(mina, room, { name: "Mina", joinedAt: 1 });
      expect(first.peers).toEqual([]);
      const second = await enter(jun, room, { metadata: { team: "red" }, joinedAt: 2 });
      const late = await enter(mina, room, { id: "tab2", joinedAt: 3 });
      expect(late.peers).toEqual([
        { id: first.id, name: "Mina", joinedAt: 1 },
        { id: second.id, metadata: { team: "red" }, joinedAt: 2 },
      ]);
      await expect.poll(() => first.ids()).toEqual([second.id, late.id]);
      await expect.poll(() => second.ids()).toEqual([first.id, late.id]);
    });

    it.each([
      ["13 h fast", 13],
      ["13 h slow", -13],
      ["a year slow", -365 * 24],
    ])("works on a device whose clock is %s", async (_what, hours) => {
      const now = Date.now.bind(Date);
      const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + hours * 3_600_000);
      const room = newRoom();
      const first = await enter(mina, room);
      clock.mockRestore();
      const second = await enter(jun, room);
      await expect.poll(() => first.ids()).toEqual([second.id]);
      await first.say(second, "what time is it?");
      await expect.poll(() => second.heard).toEqual([`${first.id}: what time is it?`]);
      await first.session.update({ id: "here", name: "Mina" });
      await expect.poll(() => second.peers[0]?.name).toBe("Mina");
      expect([...first.errors, ...second.errors]).toEqual([]);
    });

    it("replaces a listener that gets no answer", async () => {
      const room = newRoom();
      const first = await enter(jun, room);
      unanswered.next = 2;
      const second = await enter(mina, room);
      expect(unanswered.next).toBe(0);
      expect(second.ids()).toEqual([first.id]);
      await first.say(second, "do you hear me?");
      await expect.poll(() => second.heard).toEqual([`${first.id}: do you hear me?`]);
    });

    it("replaces the listener when a sender is not listed", async () => {
      const room = newRoom();
      overlooked.add("jun.here");
      const first = await enter(mina, room);
      overlooked.clear();
      const second = await enter(jun, room);
      expect(second.ids()).toEqual([first.id]);
      await second.say(first, "do you see me?");
      await expect.poll(() => first.ids()).toEqual([second.id]);
      expect(first.statuses).toEqual(["connected"]);
    });

    it("delivers the newest packet to its recipient only", async () => {
      const room = newRoom();
      const [from, to, third] = [
        await enter(mina, room),
        await enter(jun, room),
        await enter(eve, room),
      ];
      const elsewhere = await enter(jun, newRoom());
      const sent = Array.from({ length: 10 }, (_, index) => from.say(to, String(index)));
      await Promise.all(sent);
      await expect.poll(() => to.heard.at(-1)).toBe(`${from.id}: 9`);
      // Sent later, so a misdirected packet would have arrived by now.
      await from.say(third, "you too");
      await expect.poll(() => third.heard).toEqual([`${from.id}: you too`]);
      expect([from.heard, elsewhere.heard, elsewhere.peers]).toEqual([[], [], []]);
    });

    it("replaces a waiting packet by a newer one", async () => {
      const room = newRoom();
      const [from, to] = [await enter(mina, room), await enter(jun, room)];
      bill.writes = 0;
      await Promise.all(["a", "b", "c", "d"].map((text) => from.say(to, text)));
      expect(bill.writes).toBe(1);
      await Promise.all([from.say(to, "e"), from.say(to, "f")]);
      await expect.poll(() => to.heard.at(-1)).toBe(`${from.id}: f`);
    });

    it("publishes a changed name", async () => {
      const room = newRoom();
      const [one, other] = [await enter(mina, room, { joinedAt: 1 }), await enter(jun, room)];
      await one.session.update({ id: "here", name: "Mina K.", joinedAt: 1 });
      await expect.poll(() => other.peers).toEqual([{ id: one.id, name: "Mina K.", joinedAt: 1 }]);
    });

    it("costs four writes, about ten reads and four deletes for a call of two", async () => {
      Object.assign(bill, { writes: 0, deletes: 0, reads: 0 });
      const room = newRoom();
      const [one, other] = [await enter(mina, room), await enter(jun, room)];
      await other.say(one, "offer and candidates");
      await expect.poll(() => one.heard.length).toBe(1);
      await one.say(other, "answer and candidates");
      await expect.poll(() => other.heard.length).toBe(1);
      await one.session.leave();
      await expect.poll(() => other.peers).toEqual([]);
      await other.session.leave();
      expect(bill).toMatchObject({ writes: 4, deletes: 4 });
      // The rules read one more document for each new mailbox.
      expect(bill.reads + 2).toBeLessThanOrEqual(10);
      // The adapter counts the same.
      const usages = [one, other].map(({ session }) => session.usage?.());
      const total = (what: "reads" | "writes" | "deletes") =>
        usages.reduce((sum, usage) => sum + (usage?.[what] ?? 0), 0);
      expect({
        reads: total("reads"),
        writes: total("writes"),
        deletes: total("deletes"),
      }).toEqual(bill);
      await expect.poll(documents).toEqual([]);
    });
  });

  describe("leaves nothing behind", () => {
    async function exchange() {
      const room = newRoom();
      const [first, second] = [await enter(mina, room), await enter(jun, room)];
      await Promise.all([second.say(first, "offer"), first.say(second, "answer")]);
      await expect.poll(() => [first.heard.length, second.heard.length]).toEqual([1, 1]);
      return { room, first, second };
    }

    it("when the first peer leaves first", async () => {
      const { first, second } = await exchange();
      await first.session.leave();
      await expect.poll(() => second.peers).toEqual([]);
      await second.session.leave();
      await expect.poll(documents).toEqual([]);
    });

    it("when the last peer leaves first, twice", async () => {
      const { first, second } = await exchange();
      await Promise.all([second.session.leave(), second.session.leave()]);
      await first.session.leave();
      await second.session.leave();
      await expect.poll(documents).toEqual([]);
    });

    it("when both leave at the same moment", async () => {
      const { first, second } = await exchange();
      await Promise.all([first.session.leave(), second.session.leave()]);
      await expect.poll(documents).toEqual([]);
    });

    it("when a packet arrives while its recipient leaves", async () => {
      const room = newRoom();
      const [first, second] = [await enter(mina, room), await enter(jun, room)];
      const sent = second.say(first, "are you there?").catch(() => undefined);
      await Promise.all([first.session.leave(), sent]);
      await second.session.leave();
      await expect.poll(documents).toEqual([]);
    });

    it("when the join is aborted", async () => {
      const leaving = new AbortController();
      const joining = enter(mina, newRoom(), {}, leaving.signal);
      leaving.abort();
      await expect(joining).rejects.toMatchObject({ name: "CallError", code: "aborted" });
      await expect.poll(documents).toEqual([]);
    });

    it("when the page closes", async () => {
      const { first, second } = await exchange();
      await first.session.leave();
      const request = vi.spyOn(globalThis, "fetch");
      dispatchEvent(new Event("pagehide"));
      expect(request).toHaveBeenCalledWith(
        expect.stringContaining(":commit"),
        expect.objectContaining({ method: "POST", keepalive: true }),
      );
      request.mockRestore();
      await expect.poll(documents).toEqual([]);
      await second.session.leave();
    });

    it("when the page closes while leaving", async () => {
      const { first, second } = await exchange();
      await first.session.leave();
      await disableNetwork(jun.firestore);
      const left = second.session.leave();
      dispatchEvent(new Event("pagehide"));
      await expect.poll(documents).toEqual([]);
      await enableNetwork(jun.firestore);
      await left;
    });

    it("and writes nothing after that", async () => {
      const { first, second } = await exchange();
      await first.session.leave();
      await expect(first.say(second, "from beyond")).rejects.toMatchObject({ code: "aborted" });
      await expect(first.session.update({ id: "here" })).rejects.toMatchObject({ code: "aborted" });
      await second.session.leave();
      await expect.poll(documents).toEqual([]);
    });
  });

  describe("recovers", () => {
    it("after the connection was lost, with the newest packet of each side", async () => {
      const room = newRoom();
      const [one, other] = [await enter(mina, room), await enter(jun, room)];
      await expect.poll(() => one.ids()).toEqual([other.id]);
      await disableNetwork(mina.firestore);
      await expect.poll(() => one.statuses).toEqual(["connected", "disconnected"]);
      await other.say(one, "old");
      await other.say(one, "new");
      const sent = ["old", "newer", "newest"].map((text) => one.say(other, text));
      await enableNetwork(mina.firestore);
      await expect.poll(() => one.statuses).toEqual(["connected", "disconnected", "connected"]);
      await Promise.all(sent);
      await expect.poll(() => one.heard.at(-1)).toBe(`${other.id}: new`);
      await expect.poll(() => other.heard.at(-1)).toBe(`${one.id}: newest`);
    });

    it("after another client deleted its presence", async () => {
      const room = newRoom();
      const [one, other] = [await enter(mina, room), await enter(jun, room)];
      await admin.remove(projectId, presenceIn(room, one));
      await expect.poll(() => one.statuses.slice(1)).toContain("connected");
      await expect.poll(() => other.ids()).toEqual([one.id]);
      await other.say(one, "welcome back");
      await expect.poll(() => one.heard).toEqual([`${other.id}: welcome back`]);
    });

    it("after an invitation was revoked and granted again", async () => {
      const room = "book club";
      const club = doc(mina.firestore, "rooms", encodeURIComponent(room));
      const invitation = doc(club, "members", "jun");
      const expireAt = new Date(Date.now() + 3_600_000);
      await setDoc(club, { owner: "mina", expireAt });
      await setDoc(invitation, { expireAt });
      const guest = await enter(jun, room);
      await deleteDoc(invitation);
      // The emulator looks at a listener's permission again when something changes.
      await setDoc(doc(club, "members", "mina"), { expireAt });
      const owner = await enter(mina, room);
      await expect.poll(() => guest.errors[0]?.code).toBe("signaling-denied");
      expect(guest.statuses).toEqual(["connected", "disconnected"]);
      await setDoc(invitation, { expireAt });
      await expect.poll(() => guest.statuses.at(-1)).toBe("connected");
      await expect.poll(() => guest.ids()).toEqual([owner.id]);
      await deleteDoc(doc(club, "members", "mina"));
      await deleteDoc(invitation);
      await deleteDoc(club);
    });
  });

  describe("does not trust what it reads:", () => {
    const stamps = () => ({ at: serverTimestamp(), expireAt: new Date(Date.now() + 3_600_000) });

    it.each(["not JSON", "null", "[1]", '"text"'])(
      "reports a packet of %s once, and stays connected",
      async (m) => {
        const room = newRoom();
        const [one, other] = [await enter(mina, room), await enter(jun, room)];
        const mailbox = doc(jun.firestore, mailboxIn(room, one, other));
        await setDoc(mailbox, { n: 0, m, ...stamps() });
        await expect.poll(() => one.errors.length).toBe(1);
        await other.say(one, "sorry");
        await expect.poll(() => one.heard).toEqual([`${other.id}: sorry`]);
        expect(one.errors.map(({ code }) => code)).toEqual(["message-invalid"]);
      },
    );

    it("reports a malformed presence once, and does not list it", async () => {
      const room = newRoom();
      const one = await enter(mina, room);
      const hostile = doc(jun.firestore, `rooms/${room}/peers/jun`);
      await setDoc(hostile, { info: "{", ...stamps() });
      const other = await enter(jun, room);
      await expect.poll(() => one.ids()).toEqual([other.id]);
      expect(one.errors.map(({ code }) => code)).toEqual(["message-invalid"]);
      await deleteDoc(hostile);
    });

    it("takes the id from the backend, not from the peer", async () => {
      const room = newRoom();
      const one = await enter(mina, room);
      const liar = doc(jun.firestore, `rooms/${room}/peers/jun`);
      await setDoc(liar, { info: '{"id":"mina.x","name":"Mina"}', ...stamps() });
      await expect.poll(() => one.peers).toEqual([{ id: "jun", name: "Mina" }]);
      await deleteDoc(liar);
    });
  });

  describe("explains what to do", () => {
    it("when a room is neither secret nor open to the user", async () => {
      await expect(enter(mina, "standup")).rejects.toMatchObject({
        code: "signaling-denied",
        message: expect.stringMatching(/createRoomId.*rooms\/{room}\/members.*firestore\.rules/),
      });
    });

    it("when no user is signed in", async () => {
      const stranger = person(undefined, "localhost");
      await expect(enter(stranger, newRoom())).rejects.toMatchObject({
        code: "signaling-denied",
        message: expect.stringContaining("signInAnonymously"),
      });
    });

    it("when there is no Firebase app", async () => {
      const { firestore: _, ...options } = mina.options;
      await expect(enter({ ...mina, options }, newRoom())).rejects.toMatchObject({
        code: "no-signaling",
        message: expect.stringContaining("initializeApp"),
      });
    });
  });
});

if (host) {
  const contractId = "demo-firestore-contract";
  const admin = createFirestoreAdmin(host);
  const port = Number(host.split(":")[1]);
  let backends = 0;
  let clients = 0;

  /** Mina's Firestore. A browser opens six connections to a host and a client holds two. */
  function clientAt(address: string) {
    const app = initializeApp({ projectId: contractId }, `${contractId}-${(clients += 1)}`);
    const firestore = getFirestore(app);
    connectFirestoreEmulator(firestore, address, port, { mockUserToken: { user_id: "mina" } });
    const currentUser = { uid: "mina", getIdToken: async () => "" };
    const auth = { authStateReady: async () => {}, currentUser };
    return { app, firestore, signaling: firestoreSignaling({ firestore, auth }) };
  }

  afterAll(() => admin.wipe(contractId));

  /** A packet that Eve writes without the client library. */
  async function mailByEve(room: string, from: string, to: string, message: object) {
    const token = createMockUserToken({ user_id: "eve" }, contractId);
    const database = `projects/${contractId}/databases/(default)`;
    const fields = {
      n: { integerValue: "1" },
      m: { stringValue: JSON.stringify(message) },
      expireAt: { timestampValue: new Date(Date.now() + 3_600_000).toISOString() },
    };
    const name = `${database}/documents/rooms/${room}/peers/${to}/inbox/${from}`;
    const updateTransforms = [{ fieldPath: "at", setToServerValue: "REQUEST_TIME" }];
    const body = JSON.stringify({ writes: [{ update: { name, fields }, updateTransforms }] });
    const headers = { Authorization: `Bearer ${token}` };
    const url = `http://${host}/v1/${database}/documents:commit`;
    return (await fetch(url, { method: "POST", headers, body })).status;
  }

  /**
   * Separate rooms in the shared database, and a separate client: each refusal ends the stream by which
   * a client writes, and delays every session that shares it.
   */
  function backend(): SignalingBackend {
    const prefix = `c_${String((backends += 1)).padStart(10, "0")}`;
    const apps: FirebaseApp[] = [];
    const open = (address: string) => {
      const client = clientAt(address);
      apps.push(client.app);
      return client;
    };
    const shared = open("127.0.0.1");
    let rooms = 0;
    const stamps = () => ({ at: serverTimestamp(), expireAt: new Date(Date.now() + 3_600_000) });
    return {
      peer({ troubled }) {
        if (!troubled) return { signaling: shared.signaling };
        const { firestore, signaling } = open("localhost");
        return {
          signaling,
          disconnect: () => disableNetwork(firestore),
          reconnect: () => enableNetwork(firestore),
        };
      },
      room: () => prefix + String((rooms += 1)).padStart(10, "0"),
      async open() {
        const paths = await admin.documents(contractId);
        return paths.filter((path) => path.startsWith(`rooms/${prefix}`)).length;
      },
      async garbage({ room, id }) {
        const peers = collection(shared.firestore, "rooms", room, "peers");
        const mail = [...NON_OBJECTS, ...MALFORMED_OBJECTS].map((m, index) =>
          setDoc(doc(peers, id, "inbox", `mina.odd${index}`), { n: 0, m, ...stamps() }),
        );
        const people = NON_OBJECTS.map((info, index) =>
          setDoc(doc(peers, `mina.odd${index}`), { info, ...stamps() }),
        );
        await Promise.all([...mail, ...people]);
      },
      async forge({ room, from, to, message }) {
        // She may write to Mina, but not in the name of another peer.
        const answers = [
          await mailByEve(room, "eve.x", to, message),
          await mailByEve(room, from, to, message),
        ];
        if (answers.join() !== "200,403") throw new Error(`Firestore answered ${answers.join()}.`);
      },
      async close() {
        await Promise.all(apps.map((app) => deleteApp(app)));
      },
    };
  }

  describeSignaling({ describe, it }, "firestoreSignaling()", backend, {
    lacks: { vanishing: "a page that crashed stays listed until its documents are deleted" },
  });
}
