/** What the shipped firestore.rules allow and refuse. Each line of the rules is required by a case here. */
import { readFileSync } from "node:fs";
import { initializeTestEnvironment, type RulesTestEnvironment } from "@firebase/rules-unit-testing";
import { deleteApp, initializeApp } from "firebase/app";
import {
  collection,
  collectionGroup,
  connectFirestoreEmulator,
  deleteDoc,
  doc,
  type DocumentData,
  type Firestore,
  type FirestoreError,
  getDoc,
  getDocs,
  getFirestore,
  serverTimestamp,
  setDoc,
  setLogLevel,
  Timestamp,
  updateDoc,
} from "firebase/firestore";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    /** Other rules to try, from firestore-rules-mutants.mjs. Default: the shipped ones. */
    firestoreRules?: string;
  }
}

type Uid = "mina" | "jun" | "eve" | "a" | "a.b" | "signed out";

const host = inject("firestore");
const projectId = "demo-firestore-rules";
const capability = "c_abcdefghij0123456789";
const invitation = "book club";

const room = (name: string) => `rooms/${name}`;
const member = (name: string, uid: string) => `rooms/${name}/members/${uid}`;
const peer = (name: string, id: string) => `rooms/${name}/peers/${id}`;
const mailbox = (name: string, to: string, from: string) => `${peer(name, to)}/inbox/${from}`;

const inMinutes = (minutes: number) => Timestamp.fromMillis(Date.now() + minutes * 60_000);
const presence = (fields: DocumentData = {}) => ({
  info: "{}",
  at: serverTimestamp(),
  expireAt: inMinutes(12 * 60),
  ...fields,
});
const mail = (fields: DocumentData = {}) => ({
  n: 1,
  m: "{}",
  at: serverTimestamp(),
  expireAt: inMinutes(12 * 60),
  ...fields,
});
const without = (field: string, { [field]: _gone, ...rest }: DocumentData) => rest;

describe.skipIf(!host)("firestore.rules", () => {
  let environment: RulesTestEnvironment;
  const clients = new Map<Uid, Firestore>();
  const app = initializeApp({ projectId }, projectId);
  const admin = getFirestore(app);

  /** A Firestore client of that user. */
  function as(uid: Uid): Firestore {
    const context =
      uid === "signed out"
        ? environment.unauthenticatedContext()
        : environment.authenticatedContext(uid);
    const client = clients.get(uid) ?? (context.firestore() as unknown as Firestore);
    clients.set(uid, client);
    return client;
  }
  const write = (uid: Uid, path: string, data: DocumentData) => setDoc(doc(as(uid), path), data);
  const remove = (uid: Uid, path: string) => deleteDoc(doc(as(uid), path));
  const read = (uid: Uid, path: string) => getDoc(doc(as(uid), path));
  const list = (uid: Uid, path: string) => getDocs(collection(as(uid), path));
  /** Writes documents without the rules. */
  const plant = (documents: Record<string, DocumentData>) =>
    Promise.all(Object.entries(documents).map(([path, data]) => setDoc(doc(admin, path), data)));

  /** Only a refusal by the rules counts as refused. */
  const outcome = (action: () => Promise<unknown>) =>
    action().then(
      () => "allowed",
      (error: FirestoreError) => (error.code === "permission-denied" ? "refused" : error),
    );
  const allows = (what: string, action: () => Promise<unknown>) =>
    it(`allows ${what}`, async () => expect(await outcome(action)).toBe("allowed"));
  const refuses = (what: string, action: () => Promise<unknown>) =>
    it(`refuses ${what}`, async () => expect(await outcome(action)).toBe("refused"));

  beforeAll(async () => {
    setLogLevel("silent");
    const [address = "", port] = host!.split(":");
    connectFirestoreEmulator(admin, address, Number(port), { mockUserToken: "owner" });
    environment = await initializeTestEnvironment({
      projectId,
      firestore: {
        host: address,
        port: Number(port),
        rules: inject("firestoreRules") ?? readFileSync("firestore.rules", "utf8"),
      },
    });
  });
  beforeEach(() => environment.clearFirestore());
  afterAll(() => Promise.all([deleteApp(app), environment?.cleanup()]));

  describe("on presence:", () => {
    const mine = peer(capability, "mina");

    allows("the own presence", () => write("mina", mine, presence({ info: '{"name":"Mina"}' })));
    allows("a second session of the same user", () =>
      write("mina", peer(capability, "mina.tab_2-x"), presence()),
    );
    allows("a change of the own presence", async () => {
      await plant({ [mine]: presence({ at: inMinutes(0) }) });
      await write("mina", mine, presence({ info: '{"name":"Mina K."}' }));
    });
    allows("an info of 2,000 characters in any language", () =>
      write("mina", mine, presence({ info: "말".repeat(2_000) })),
    );
    allows("a uid with a dot its own sessions", () =>
      write("a.b", peer(capability, "a.b.x"), presence()),
    );
    refuses("a presence while signed out", () => write("signed out", mine, presence()));
    refuses("the presence of another user", () => write("eve", mine, presence()));
    refuses("a change by another user", async () => {
      await plant({ [mine]: presence({ at: inMinutes(0) }) });
      await write("eve", mine, presence());
    });
    refuses('uid "a" the sessions of uid "a.b"', () =>
      write("a", peer(capability, "a.b.x"), presence()),
    );
    refuses("a peer id that only starts with the own uid", () =>
      write("mina", peer(capability, "minax"), presence()),
    );
    refuses("a peer id with another uid of the same length", () =>
      write("eve", peer(capability, "jun.x"), presence()),
    );
    refuses("a session with an empty name", () =>
      write("mina", peer(capability, "mina."), presence()),
    );
    refuses("a session with a long name", () =>
      write("mina", peer(capability, `mina.${"x".repeat(17)}`), presence()),
    );
    refuses("a session with a space in its name", () =>
      write("mina", peer(capability, "mina.x y"), presence()),
    );
    refuses("an unknown field", () => write("mina", mine, presence({ admin: true })));
    refuses("a missing info", () => write("mina", mine, without("info", presence())));
    refuses("an info that is not text", () => write("mina", mine, presence({ info: ["x"] })));
    refuses("an info of 2,001 characters", () =>
      write("mina", mine, presence({ info: "x".repeat(2_001) })),
    );
    refuses("a time that is not the server's", () =>
      write("mina", mine, presence({ at: Timestamp.now() })),
    );
    refuses("a missing time", () => write("mina", mine, without("at", presence())));
    refuses("a missing expiry", () => write("mina", mine, without("expireAt", presence())));
    refuses("an expiry more than 24 h away", () =>
      write("mina", mine, presence({ expireAt: inMinutes(25 * 60) })),
    );
    refuses("an expiry in the past", () =>
      write("mina", mine, presence({ expireAt: inMinutes(-1) })),
    );
    allows("the server's time as expiry, for a device whose clock is wrong", () =>
      write("mina", mine, presence({ expireAt: serverTimestamp() })),
    );
    refuses("an expiry that is a number", () =>
      write("mina", mine, presence({ expireAt: Date.now() + 60_000 })),
    );

    allows("a user who knows the room to list its peers", () =>
      list("jun", `${room(capability)}/peers`),
    );
    refuses("listing the peers while signed out", () =>
      list("signed out", `${room(capability)}/peers`),
    );
    refuses("a query for peers of all rooms", () => getDocs(collectionGroup(as("eve"), "peers")));

    allows("deleting the own presence", async () => {
      await plant({ [mine]: presence() });
      await remove("mina", mine);
    });
    refuses("deleting the presence of another user", async () => {
      await plant({ [mine]: presence() });
      await remove("jun", mine);
    });
    allows("deleting a stale presence of 6 minutes", async () => {
      await plant({ [mine]: presence({ at: inMinutes(-6) }) });
      await remove("jun", mine);
    });
    refuses("deleting a presence of 4 minutes", async () => {
      await plant({ [mine]: presence({ at: inMinutes(-4) }) });
      await remove("jun", mine);
    });
    refuses("deleting a stale presence while signed out", async () => {
      await plant({ [mine]: presence({ at: inMinutes(-6) }) });
      await remove("signed out", mine);
    });
  });

  describe("on mail:", () => {
    const toJun = mailbox(capability, "jun", "mina");
    const sent = { [toJun]: mail({ n: 5, at: inMinutes(-1) }) };
    beforeEach(() =>
      plant({ [peer(capability, "jun")]: presence(), [peer(capability, "mina")]: presence() }),
    );

    allows("writing to a peer that is present", () => write("mina", toJun, mail()));
    allows("writing from one of several own sessions", () =>
      write("mina", mailbox(capability, "jun", "mina.tab"), mail()),
    );
    refuses("writing in another's name", () => write("eve", toJun, mail()));
    refuses("writing in the name of a session of another user", () =>
      write("eve", mailbox(capability, "jun", "mina.tab"), mail()),
    );
    refuses("writing while signed out", () => write("signed out", toJun, mail()));
    refuses("writing to the own inbox", () =>
      write("jun", mailbox(capability, "jun", "jun"), mail()),
    );
    refuses("writing to a peer that is absent", () =>
      write("mina", mailbox(capability, "ada", "mina"), mail()),
    );

    allows("the recipient to read a packet", async () => {
      await plant(sent);
      await read("jun", toJun);
    });
    allows("the recipient to list the inbox", () =>
      list("jun", `${peer(capability, "jun")}/inbox`),
    );
    refuses("a third party to read a packet", async () => {
      await plant(sent);
      await read("eve", toJun);
    });
    refuses("a third party to list an inbox", () =>
      list("eve", `${peer(capability, "jun")}/inbox`),
    );
    refuses("the sender to read it back", async () => {
      await plant(sent);
      await read("mina", toJun);
    });
    refuses("a query for packets of all inboxes", () =>
      getDocs(collectionGroup(as("eve"), "inbox")),
    );

    allows("a newer packet in place of the older one", async () => {
      await plant(sent);
      await write("mina", toJun, mail({ n: 6, m: '{"newer":1}' }));
    });
    allows("the same write again, as after a lost response", async () => {
      await plant(sent);
      await write("mina", toJun, mail({ n: 5 }));
    });
    allows("a newer packet to a peer that has just left", async () => {
      await plant(sent);
      await remove("jun", peer(capability, "jun"));
      await write("mina", toJun, mail({ n: 6 }));
    });
    refuses("an older packet in place of the newer one", async () => {
      await plant(sent);
      await write("mina", toJun, mail({ n: 4 }));
    });
    refuses("a newer packet in another's name", async () => {
      await plant(sent);
      await write("eve", toJun, mail({ n: 6 }));
    });
    refuses("the recipient to alter a packet", async () => {
      await plant(sent);
      await write("jun", toJun, mail({ n: 6 }));
    });
    refuses("the recipient to alter one field", async () => {
      await plant(sent);
      await updateDoc(doc(as("jun"), toJun), { m: "x" });
    });
    refuses("an unknown field in a newer packet", async () => {
      await plant(sent);
      await write("mina", toJun, mail({ n: 6, from: "eve" }));
    });
    // The planted time stands for a write of a moment ago: a burst would depend on the machine.
    refuses("a second write within 20 ms", async () => {
      await plant({ [toJun]: mail({ n: 5, at: inMinutes(1) }) });
      await write("mina", toJun, mail({ n: 6 }));
    });

    refuses("an unknown field", () => write("mina", toJun, mail({ from: "eve" })));
    refuses("a missing number", () => write("mina", toJun, without("n", mail())));
    refuses("a number that is not whole", () => write("mina", toJun, mail({ n: 1.5 })));
    refuses("a negative number", () => write("mina", toJun, mail({ n: -1 })));
    allows("5,000 writes between two peers", () => write("mina", toJun, mail({ n: 5_000 })));
    refuses("more than 5,000 writes", () => write("mina", toJun, mail({ n: 5_001 })));
    refuses("a missing packet", () => write("mina", toJun, without("m", mail())));
    refuses("a packet that is not text", () => write("mina", toJun, mail({ m: [1] })));
    allows("a packet of 131,072 characters in any language", () =>
      write("mina", toJun, mail({ m: "말".repeat(131_072) })),
    );
    refuses("a packet of 131,073 characters", () =>
      write("mina", toJun, mail({ m: "x".repeat(131_073) })),
    );
    refuses("a time that is not the server's", () =>
      write("mina", toJun, mail({ at: Timestamp.now() })),
    );
    refuses("a missing time", () => write("mina", toJun, without("at", mail())));
    refuses("a missing expiry", () => write("mina", toJun, without("expireAt", mail())));
    refuses("an expiry more than 24 h away", () =>
      write("mina", toJun, mail({ expireAt: inMinutes(25 * 60) })),
    );

    allows("the recipient to delete a packet", async () => {
      await plant(sent);
      await remove("jun", toJun);
    });
    allows("the sender to delete a packet", async () => {
      await plant(sent);
      await remove("mina", toJun);
    });
    allows("the sender to delete a packet after both have left", async () => {
      await plant(sent);
      await remove("jun", peer(capability, "jun"));
      await remove("mina", peer(capability, "mina"));
      await remove("mina", toJun);
    });
    refuses("a third party to delete a packet", async () => {
      await plant(sent);
      await remove("eve", toJun);
    });
    allows("deleting a stale packet of 6 minutes", async () => {
      await plant({ [toJun]: mail({ at: inMinutes(-6) }) });
      await remove("eve", toJun);
    });
  });

  describe("on rooms:", () => {
    const inClub = presence({ at: inMinutes(-6) });
    const withMina = { [room(invitation)]: { owner: "mina", expireAt: inMinutes(60) } };
    const withJun = { ...withMina, [member(invitation, "jun")]: { expireAt: inMinutes(60) } };

    refuses("a name too short to be a secret", () =>
      write("mina", peer(`c_${"x".repeat(19)}`, "mina"), presence()),
    );
    refuses("a name without the prefix of a secret one", () =>
      write("mina", peer("x".repeat(24), "mina"), presence()),
    );
    refuses("listing the rooms", () => list("mina", "rooms"));
    refuses("documents outside the rooms", () => write("mina", "notes/one", { text: "" }));

    allows("creating an invitation-only room", () =>
      write("mina", room(invitation), withMina[room(invitation)]!),
    );
    refuses("creating a room for another owner", () =>
      write("eve", room(invitation), withMina[room(invitation)]!),
    );
    refuses("creating a room while signed out", () =>
      write("signed out", room(invitation), withMina[room(invitation)]!),
    );
    refuses("a room with an unknown field", () =>
      write("mina", room(invitation), { ...withMina[room(invitation)], open: true }),
    );
    refuses("a room without an expiry", () => write("mina", room(invitation), { owner: "mina" }));
    refuses("an owner for a room whose name is its secret", () =>
      write("mina", room(capability), { owner: "mina", expireAt: inMinutes(60) }),
    );
    refuses("a change of a room", async () => {
      await plant(withMina);
      await write("mina", room(invitation), { owner: "mina", expireAt: inMinutes(90) });
    });
    allows("the owner to delete a room", async () => {
      await plant(withMina);
      await remove("mina", room(invitation));
    });
    refuses("a stranger to delete a room", async () => {
      await plant(withMina);
      await remove("eve", room(invitation));
    });
    allows("an invited user to read the room", async () => {
      await plant(withJun);
      await read("jun", room(invitation));
    });
    refuses("a stranger to read the room", async () => {
      await plant(withJun);
      await read("eve", room(invitation));
    });

    allows("the owner to invite a user", async () => {
      await plant(withMina);
      await write("mina", member(invitation, "jun"), { expireAt: inMinutes(60) });
    });
    refuses("a user to invite itself", async () => {
      await plant(withMina);
      await write("jun", member(invitation, "jun"), { expireAt: inMinutes(60) });
    });
    refuses("an invitation with an unknown field", async () => {
      await plant(withMina);
      await write("mina", member(invitation, "jun"), { expireAt: inMinutes(60), role: "host" });
    });
    refuses("an invitation without an expiry", async () => {
      await plant(withMina);
      await write("mina", member(invitation, "jun"), {});
    });
    allows("an invited user to read the invitation", async () => {
      await plant(withJun);
      await read("jun", member(invitation, "jun"));
    });
    refuses("a stranger to read the invitation", async () => {
      await plant(withJun);
      await read("eve", member(invitation, "jun"));
    });
    allows("the owner to list the invitations", async () => {
      await plant(withJun);
      await list("mina", `${room(invitation)}/members`);
    });
    refuses("an invited user to list the invitations", async () => {
      await plant(withJun);
      await list("jun", `${room(invitation)}/members`);
    });
    allows("the owner to revoke an invitation", async () => {
      await plant(withJun);
      await remove("mina", member(invitation, "jun"));
    });
    allows("an invited user to decline", async () => {
      await plant(withJun);
      await remove("jun", member(invitation, "jun"));
    });
    refuses("a stranger to revoke an invitation", async () => {
      await plant(withJun);
      await remove("eve", member(invitation, "jun"));
    });

    allows("an invited user to enter", async () => {
      await plant(withJun);
      await write("jun", peer(invitation, "jun"), presence());
    });
    allows("an invited user to list the peers", async () => {
      await plant(withJun);
      await list("jun", `${room(invitation)}/peers`);
    });
    refuses("a stranger to enter", async () => {
      await plant(withJun);
      await write("eve", peer(invitation, "eve"), presence());
    });
    refuses("a stranger to list the peers", async () => {
      await plant(withJun);
      await list("eve", `${room(invitation)}/peers`);
    });
    refuses("a stranger to write to a peer of the room", async () => {
      await plant({ ...withJun, [peer(invitation, "jun")]: inClub });
      await write("eve", mailbox(invitation, "jun", "eve"), mail());
    });
    refuses("a stranger to delete a stale presence", async () => {
      await plant({ ...withJun, [peer(invitation, "jun")]: inClub });
      await remove("eve", peer(invitation, "jun"));
    });
    refuses("a stranger to delete a stale packet", async () => {
      const path = mailbox(invitation, "jun", "mina");
      await plant({ ...withJun, [path]: mail({ at: inMinutes(-6) }) });
      await remove("eve", path);
    });
    refuses("entry to a user whose invitation was revoked", async () => {
      await plant(withJun);
      await remove("mina", member(invitation, "jun"));
      await list("jun", `${room(invitation)}/peers`);
    });
  });
});
