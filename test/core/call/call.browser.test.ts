/** Calls without React, all in one page: real connections, fake devices, signaling in memory. */
import {
  createCall,
  createLocalMedia,
  MAX_PEERS,
  type Call,
  type CallOptions,
  type CallSettings,
  type CallStore,
  type LocalMediaStore,
  type Participant,
  type Signaling,
} from "twocan/core";
import { memorySignaling, type LoggedPacket } from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  collectGarbage,
  expectFrames,
  inboundBytes,
  opened,
} from "../../support/browser/media-support.ts";
import { keepReportingBytes } from "../../support/keep-alive-stats.ts";

/** Light, because all sides of a call are this one page. */
const SMALL = { video: { width: 160, height: 120, frameRate: 10 } } as const;
const PATIENT = { timeout: 20_000 };

interface Person {
  readonly call: CallStore;
  now(): Call;
  /** The codes of the reported errors. */
  readonly errors: string[];
  /** Every list of names that was ever shown, in order. */
  readonly shown: (string | undefined)[][];
  configure(changes: CallSettings): void;
}

const releases: (() => unknown)[] = [];
/** Rejections that no code handled. */
const uncaught: unknown[] = [];
const onUncaught = ({ reason }: PromiseRejectionEvent) => uncaught.push(reason);

beforeEach(() => {
  window.addEventListener("unhandledrejection", onUncaught);
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const release of releases.splice(0)) await release();
  sessionStorage.clear();
  await expect.poll(() => opened.connections().length).toBe(0);
  await expect.poll(() => opened.liveTracks().length).toBe(0);
  window.removeEventListener("unhandledrejection", onUncaught);
  expect(uncaught.splice(0)).toEqual([]);
});

/** A call that is not joined yet. */
function person(options: Partial<CallOptions>): Person {
  const errors: string[] = [];
  const shown: (string | undefined)[][] = [];
  let settings: CallSettings = {
    iceServers: [],
    onError: ({ code }) => errors.push(code),
    ...options,
  };
  const call = createCall({ room: "standup", ...options, ...settings });
  call.subscribe(() => shown.push(namesOf(call.getSnapshot())));
  releases.push(() => call.getSnapshot().leave());
  return {
    call,
    now: call.getSnapshot,
    errors,
    shown,
    configure(changes) {
      settings = { ...settings, ...changes };
      call.configure(settings);
    },
  };
}

/** A call that is retained, as by a mounted component. */
function enter(options: Partial<CallOptions>): Person {
  const entered = person(options);
  releases.push(entered.call.retain());
  return entered;
}

/** A retained call with camera and microphone. */
function enterWithMedia(options: Partial<CallOptions>): Person & { media: LocalMediaStore } {
  const media = createLocalMedia(SMALL);
  const entered = person({ ...options, media: media.getSnapshot() });
  releases.push(media.subscribe(() => entered.configure({ media: media.getSnapshot() })));
  releases.push(media.retain(), entered.call.retain());
  return { ...entered, media };
}

const namesOf = ({ participants }: Call) => participants.map(({ name }) => name);
async function expectStatus(participant: Person, status: Call["status"]): Promise<void> {
  await expect.poll(() => participant.now().status, PATIENT).toBe(status);
}

/** The names of the connected participants, in order. */
const connectedTo = (participant: Person) =>
  participant
    .now()
    .participants.flatMap(({ status, name }) => (status === "connected" ? [name] : []));

async function expectTalking(participant: Person, names: unknown): Promise<void> {
  await expect.poll(() => connectedTo(participant), PATIENT).toEqual(names);
}

const seenBy = (participant: Person, name: string) =>
  participant.now().participants.find((other) => other.name === name);

/** Mina waits, Jun joins, and they are connected. */
async function talking(signaling: Signaling, options: Partial<CallOptions> = {}) {
  const mina = enter({ signaling, name: "Mina", ...options });
  await expectStatus(mina, "waiting");
  const jun = enter({ signaling, name: "Jun", ...options });
  for (const participant of [mina, jun]) await expectStatus(participant, "connected");
  return [mina, jun] as const;
}

interface SentMessage {
  readonly type: string;
  readonly candidates?: readonly unknown[];
}

const typesOf = (packet: LoggedPacket | undefined) =>
  (packet?.message["m"] as [number, SentMessage][] | undefined)?.map(([, { type }]) => type);

/** The first packet from one to another that contains a message. A repeated message is acknowledged before it is answered. */
const firstOf = (log: readonly LoggedPacket[], from: string, to: string) =>
  log.find((packet) => packet.from === from && packet.to === to && typesOf(packet)?.length);

/** The messages from one to another, each once, however often it was sent. */
function messagesIn(log: readonly LoggedPacket[], from: string, to?: string): SentMessage[] {
  const messages = new Map<string, SentMessage>();
  for (const packet of log)
    if (packet.from === from && (!to || packet.to === to))
      for (const [seq, message] of packet.message["m"] as [number, SentMessage][])
        messages.set(`${packet.to} ${seq}`, message);
  return [...messages.values()];
}

/** Signaling that delivers at most so many one-way trips between any two, and drops later ones. */
function withinTrips(signaling: Signaling, most: number): Signaling & { readonly cut: number } {
  let cut = 0;
  return {
    get cut() {
      return cut;
    },
    async join(joining) {
      const received = new Map<string, number>();
      const session = await signaling.join({
        ...joining,
        onMessage(from, { trip, ...message }) {
          received.set(from, Math.max(received.get(from) ?? 0, trip as number));
          joining.onMessage(from, message);
        },
      });
      return {
        ...session,
        async send(to, message) {
          const trip = 1 + (received.get(to) ?? 0);
          if (trip <= most) await session.send(to, { ...message, trip });
          else cut += 1;
        },
      };
    },
  };
}

/** Signaling that delivers nothing to a participant before it has sent to so many others. */
function deafUntilSentTo(signaling: Signaling, many: number): Signaling {
  const called = new Set<string>();
  const waiting: (() => void)[] = [];
  return {
    async join(joining) {
      const session = await signaling.join({
        ...joining,
        onMessage(from, message) {
          if (called.size < many) waiting.push(() => joining.onMessage(from, message));
          else joining.onMessage(from, message);
        },
      });
      return {
        ...session,
        async send(to, message) {
          await session.send(to, message);
          if (called.add(to).size === many) for (const deliver of waiting.splice(0)) deliver();
        },
      };
    },
  };
}

/** Delivers the candidates of a connection together, when the last one is found, however long a slow machine takes. */
function findCandidatesAtOnce(): void {
  const native = RTCPeerConnection.prototype.addEventListener;
  const late = function (this: RTCPeerConnection, ...given: unknown[]) {
    const [type, listener, options] = given;
    const found: RTCPeerConnectionIceEvent[] = [];
    const atOnce = (event: RTCPeerConnectionIceEvent) => {
      found.push(event);
      if (!event.candidate)
        for (const each of found.splice(0)) (listener as (event: Event) => void)(each);
    };
    const observer = type === "icecandidate" ? atOnce : listener;
    Reflect.apply(native, this, [type, observer, options]);
  };
  vi.spyOn(RTCPeerConnection.prototype, "addEventListener").mockImplementation(late);
}

/** A small video that costs little CPU. */
function picture(): MediaStream {
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
  const context = canvas.getContext("2d")!;
  const paint = setInterval(() => {
    context.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`;
    context.fillRect(0, 0, 64, 48);
  }, 100);
  const stream = canvas.captureStream(10);
  releases.push(() => {
    clearInterval(paint);
    for (const track of stream.getTracks()) track.stop();
  });
  return stream;
}

describe("connecting", () => {
  beforeEach(() => void releases.push(keepReportingBytes()));

  it("shows two participants each other's name and video", async () => {
    const signaling = memorySignaling({ delay: 20 });
    const mina = enterWithMedia({ signaling, name: "Mina" });
    await expectStatus(mina, "waiting");
    const jun = enterWithMedia({ signaling, name: "Jun" });
    await expectTalking(mina, ["Jun"]);
    await expectTalking(jun, ["Mina"]);
    await expectFrames(mina.now().participants[0]?.stream);
    await expectFrames(jun.now().participants[0]?.stream);
  });

  it("connects two participants in two one-way trips of signaling, without a third", async () => {
    const signaling = memorySignaling({ delay: 80 });
    const [mina, jun] = await talking(withinTrips(signaling, 2), { media: picture() });
    const [minaId, junId] = [mina.now().self.id, jun.now().self.id];
    expect(typesOf(signaling.log[0])).toEqual(["offer"]);
    expect(signaling.log[0]?.from).toBe(junId);
    const answer = firstOf(signaling.log, minaId, junId)!;
    expect(typesOf(answer)).toEqual(["answer"]);
    // The second trip starts when the first has arrived. By then, all of Jun's messages were sent.
    expect(answer.at - signaling.log[0]!.at).toBeGreaterThanOrEqual(80 - 1);
    for (const { message } of signaling.log.filter(({ from }) => from === junId))
      expect(message["trip"]).toBe(1);
  });

  it("sends candidates in batches", async () => {
    const signaling = memorySignaling({ delay: 40 });
    findCandidatesAtOnce();
    // The side that finds its candidates later would send them on the control channel.
    vi.spyOn(RTCDataChannel.prototype, "send").mockImplementation(() => {
      throw new DOMException("Simulated by a test.", "InvalidStateError");
    });
    const [mina, jun] = await talking(signaling, { media: picture() });
    for (const participant of [mina, jun]) {
      const batches = () =>
        messagesIn(signaling.log, participant.now().self.id).filter(
          ({ type }) => type === "candidates",
        );
      await expect.poll(() => batches().at(-1)).toMatchObject({ end: true });
      const found = batches().flatMap(({ candidates }) => candidates ?? []);
      expect(batches().length).toBe(1);
      expect(found.length).toBeGreaterThan(1);
    }
  });

  it.each([3, 4])(
    "lets a newcomer call all %d participants of a room at once, and all answer",
    async (size) => {
      const signaling = memorySignaling({ delay: 60 });
      const wire = withinTrips(signaling, 2);
      const names = Array.from({ length: size }, (_, at) => `Person ${at}`);
      const present: Person[] = [];
      for (const name of names) {
        signaling.clear();
        const newcomer = enter({ signaling: deafUntilSentTo(wire, present.length), name });
        await expectStatus(newcomer, present.length > 0 ? "connected" : "waiting");
        for (const participant of [...present, newcomer])
          await expect
            .poll(() => participant.now().participants.map(({ status }) => status), PATIENT)
            .toEqual(present.map(() => "connected"));
        const { id } = newcomer.now().self;
        const others = present.map((participant) => participant.now().self.id);
        for (const other of others) {
          expect(typesOf(firstOf(signaling.log, id, other))).toEqual(["offer"]);
          expect(typesOf(firstOf(signaling.log, other, id))).toEqual(["answer"]);
        }
        present.push(newcomer);
      }
    },
  );

  it("connects participants who join at the same moment once, over a bad network", async () => {
    async function meet(seed: number): Promise<void> {
      const signaling = memorySignaling({ delay: [0, 60], reorder: 0.3, duplicate: 0.3, seed });
      const both = ["Mina", "Jun"].map((name) => enter({ signaling, name, room: `room ${seed}` }));
      for (const participant of both) await expectStatus(participant, "connected");
      const events = both.flatMap((participant) => participant.now().trace.getSnapshot());
      const count = (wanted: string) => events.filter(({ name }) => name === wanted).length;
      expect([count("caller-captures"), count("rebuilt")], `seed ${seed}`).toEqual([1, 0]);
      expect(
        both.flatMap(({ errors }) => errors),
        `seed ${seed}`,
      ).toEqual([]);
    }
    const made = opened.made();
    for (let seed = 1; seed <= 20; seed += 5)
      await Promise.all(Array.from({ length: 5 }, (_, at) => meet(seed + at)));
    expect(opened.made() - made).toBe(20 * 2);
  });

  it("shows two tabs of one person as two participants", async () => {
    const signaling = memorySignaling();
    const tabs = ["Mina", "Mina"].map((name) => enter({ signaling, name }));
    const jun = enter({ signaling, name: "Jun" });
    await expectTalking(jun, ["Mina", "Mina"]);
    expect(new Set(jun.now().participants.map(({ id }) => id)).size).toBe(2);
    for (const tab of tabs) await expectTalking(tab, expect.arrayContaining(["Mina", "Jun"]));
  });
});

describe("a room of eight", () => {
  it(
    "refuses a ninth participant, who is never shown, and admits it after one has left",
    { timeout: 180_000 },
    async () => {
      releases.push(keepReportingBytes());
      const signaling = memorySignaling();
      const media = picture();
      const names = Array.from({ length: MAX_PEERS }, (_, at) => `Person ${at}`);
      const eight = names.map((name, at) => enter({ signaling, name, ...(at === 0 && { media }) }));
      for (const [at, participant] of eight.entries())
        await expect
          .poll(
            () =>
              participant
                .now()
                .participants.flatMap(({ status, name }) => (status === "connected" ? [name] : []))
                .length,
            { timeout: 40_000 },
          )
          .toBe(names.filter((_, other) => other !== at).length);
      const made = opened.made();

      const ninth = enter({ signaling, name: "Ninth" });
      await expectStatus(ninth, "failed");
      expect(ninth.now().error?.code).toBe("room-full");
      expect(ninth.errors).toEqual(["room-full"]);
      // A change of each name reaches the others after anything they saw of the ninth.
      for (const [at, participant] of eight.entries())
        participant.configure({ name: `Still ${at}` });
      for (const participant of eight)
        await expect
          .poll(() => namesOf(participant.now()).filter((name) => name?.startsWith("Still")).length)
          .toBe(MAX_PEERS - 1);
      for (const { shown, now, errors } of eight) {
        expect(shown.flat()).not.toContain("Ninth");
        expect(now().status).toBe("connected");
        expect(errors).toEqual([]);
      }
      expect(opened.made()).toBe(made);

      await eight[7]!.now().leave();
      await expect.poll(() => eight[0]!.now().participants.length).toBe(MAX_PEERS - 2);
      await ninth.now().join();
      await expect.poll(() => connectedTo(ninth).length, PATIENT).toBe(MAX_PEERS - 1);
      for (const participant of eight.slice(0, 7))
        await expect.poll(() => seenBy(participant, "Ninth")?.status, PATIENT).toBe("connected");
      await expectFrames(seenBy(ninth, "Still 0")?.stream);
      await collectGarbage();
    },
  );
});

describe("a reload", () => {
  /** Tom and Noor are not retained, so `pagehide` does not end their calls, as if they were other pages. */
  async function threeTalk(signaling: Signaling) {
    const tom = person({ signaling, name: "Tom" });
    await tom.now().join();
    const mina = enter({ signaling, name: "Mina" });
    await expectStatus(mina, "connected");
    const noor = person({ signaling, name: "Noor" });
    await noor.now().join();
    await expectTalking(tom, ["Mina", "Noor"]);
    await expectTalking(noor, ["Tom", "Mina"]);
    return { tom, mina, noor };
  }

  const hidePage = () => window.dispatchEvent(new PageTransitionEvent("pagehide"));

  /** A backend that does not notice who has left. */
  const inattentive = (signaling: Signaling): Signaling => ({
    async join(joining) {
      const { signal: _signal, ...rest } = joining;
      const session = await signaling.join({ ...rest, signal: new AbortController().signal });
      return { ...session, leave: async () => {} };
    },
  });

  it("leaves the backend before it closes a connection, because closing is slow", async () => {
    const signaling = memorySignaling();
    const order: string[] = [];
    const watched: Signaling = {
      async join(joining) {
        const session = await signaling.join(joining);
        const leave = () => {
          order.push(
            `leave: ${vi.mocked(RTCPeerConnection.prototype.close).mock.calls.length} closed`,
          );
          return session.leave();
        };
        return { ...session, leave };
      },
    };
    const tom = person({ signaling, name: "Tom" });
    await tom.now().join();
    const mina = enter({ signaling: watched, name: "Mina" });
    await expectTalking(mina, ["Tom"]);
    const close = vi.spyOn(RTCPeerConnection.prototype, "close");
    hidePage();
    expect(order).toEqual(["leave: 0 closed"]);
    expect(close).toHaveBeenCalledOnce();
    close.mockRestore();
  });

  it("brings the participant back at once, as a new session to the backend", async () => {
    const signaling = memorySignaling();
    const { tom, mina, noor } = await threeTalk(signaling);
    hidePage();
    expect(mina.now().status).toBe("left");
    const again = enter({ signaling, name: "Mina" });
    for (const participant of [tom, noor])
      await expect
        .poll(() => seenBy(participant, "Mina")?.id === again.now().self.id, PATIENT)
        .toBe(true);
    await expectTalking(again, ["Tom", "Noor"]);
    await expectTalking(tom, expect.arrayContaining(["Mina", "Noor"]));
    expect(again.now().self.id).not.toBe(mina.now().self.id);
  });

  it.each([
    ["after a goodbye", true],
    ["without a goodbye", false],
  ])("keeps the participant's position among the others, %s", async (_when, goodbye) => {
    const signaling = goodbye ? memorySignaling() : inattentive(memorySignaling());
    const { tom } = await threeTalk(signaling);
    const send = vi.spyOn(RTCDataChannel.prototype, "send");
    if (!goodbye) send.mockReturnValue();
    hidePage();
    send.mockRestore();
    const again = enter({ signaling, name: "Mina" });
    await expect.poll(() => seenBy(tom, "Mina")?.id === again.now().self.id, PATIENT).toBe(true);
    expect(namesOf(tom.now())).toEqual(["Mina", "Noor"]);
  });

  it("shows no second participant without a goodbye, while the backend still lists the earlier session", async () => {
    const signaling = inattentive(memorySignaling());
    const { tom, noor } = await threeTalk(signaling);
    const goodbye = vi.spyOn(RTCDataChannel.prototype, "send").mockReturnValue();
    hidePage();
    expect(goodbye).toHaveBeenCalled();
    goodbye.mockRestore();
    const before = tom.shown.length;
    const again = enter({ signaling, name: "Mina" });
    await expectTalking(again, ["Tom", "Noor"]);
    for (const participant of [tom, noor])
      await expectTalking(participant, expect.arrayContaining(["Mina"]));
    // The backend lists the room again, with the earlier session.
    noor.configure({ name: "Noor Kim" });
    for (const participant of [tom, again])
      await expect.poll(() => namesOf(participant.now()).includes("Noor Kim")).toBe(true);
    for (const participant of [tom, noor, again])
      expect(participant.now().participants.length).toBe(2);
    for (const names of tom.shown.slice(before))
      expect(names.filter((name) => name === "Mina").length).toBeLessThanOrEqual(1);
  });

  it("continues the session on a backend that lost the page without a goodbye", async () => {
    const signaling = memorySignaling();
    const { tom, mina } = await threeTalk(signaling);
    signaling.disconnect(mina.now().self.id);
    const goodbye = vi.spyOn(RTCDataChannel.prototype, "send").mockReturnValue();
    hidePage();
    goodbye.mockRestore();
    const again = enter({ signaling, name: "Mina" });
    await expect.poll(() => seenBy(tom, "Mina")?.id === again.now().self.id, PATIENT).toBe(true);
    await expectTalking(tom, expect.arrayContaining(["Mina", "Noor"]));
    expect(tom.now().participants.length).toBe(2);
  });
});

describe("joining and leaving", () => {
  it("leaves once when leave() is called twice", async () => {
    const signaling = memorySignaling();
    const [mina, jun] = await talking(signaling);
    await Promise.all([mina.now().leave(), mina.now().leave()]);
    await mina.now().leave();
    expect(mina.now().status).toBe("left");
    expect(mina.now().participants).toEqual([]);
    await expectStatus(jun, "waiting");
    expect([...mina.errors, ...jun.errors]).toEqual([]);
  });

  it("leaves nothing behind when left while joining, and is never shown to others", async () => {
    const signaling = memorySignaling({ delay: 30 });
    const jun = enter({ signaling, name: "Jun" });
    await expectStatus(jun, "waiting");
    const mina = person({ signaling, name: "Mina" });
    const joining = mina.now().join();
    expect(mina.now().status).toBe("joining");
    await mina.now().leave();
    await expect(joining).rejects.toMatchObject({ code: "aborted" });
    expect(mina.now().status).toBe("left");
    // Jun sees a later participant after anything that could have been seen of Mina.
    const noor = enter({ signaling, name: "Noor" });
    await expectTalking(noor, ["Jun"]);
    await expectTalking(jun, ["Noor"]);
    expect(jun.shown.flat()).not.toContain("Mina");
    expect(mina.errors).toEqual([]);
  });

  it("leaves nothing open when left the moment a participant is shown", async () => {
    const signaling = memorySignaling();
    const jun = enter({ signaling, name: "Jun" });
    await expectStatus(jun, "waiting");
    const mina = person({ signaling, name: "Mina" });
    // A listener is called in the middle of the change.
    mina.call.subscribe(() => {
      if (mina.now().participants.length > 0) void mina.now().leave();
    });
    await mina.now().join();
    await expect.poll(() => mina.now().status).toBe("left");
    expect(mina.shown).toContainEqual(["Jun"]);
    await expectStatus(jun, "waiting");
    // That no connection is left open is asserted after every test.
    expect(mina.errors).toEqual([]);
  });

  it("starts a new session when joined again after leaving", async () => {
    const signaling = memorySignaling();
    const [mina, jun] = await talking(signaling);
    const { id } = mina.now().self;
    await mina.now().leave();
    await mina.now().join();
    await expectTalking(mina, ["Jun"]);
    await expectTalking(jun, ["Mina"]);
    expect(mina.now().self.id).not.toBe(id);
  });

  it("ends joined after leave() and join() in the same turn", async () => {
    const signaling = memorySignaling({ delay: [0, 20] });
    const [mina, jun] = await talking(signaling);
    for (let time = 0; time < 5; time += 1) {
      mina
        .now()
        .join()
        .catch(() => undefined);
      void mina.now().leave();
    }
    await mina.now().join();
    await expectTalking(mina, ["Jun"]);
    await expectTalking(jun, ["Mina"]);
  });

  it.each([
    ["does not answer", new Error("No route to host."), "signaling-unavailable", "joining"],
    ["has a bug", new TypeError("undefined is not a function"), "adapter-failed", "failed"],
  ] as const)("joins a backend that %s once it is repaired", async (...row) => {
    const [, failure, code, status] = row;
    const memory = memorySignaling();
    let down = true;
    const signaling: Signaling = {
      join: async (joining) => {
        if (down) throw failure;
        return memory.join(joining);
      },
    };
    const jun = enter({ signaling: memory, name: "Jun" });
    const mina = enter({ signaling, name: "Mina" });
    await expect.poll(() => mina.now().error).toBeDefined();
    expect(mina.now()).toMatchObject({
      status,
      error: { name: "CallError", code, cause: failure },
    });
    expect(mina.errors).toEqual([code]);
    down = false;
    await mina.now().join();
    expect(mina.now().error).toBeUndefined();
    await expectTalking(mina, ["Jun"]);
    await expectTalking(jun, ["Mina"]);
  });

  it("cuts a name of 81 characters for all participants", async () => {
    const signaling = memorySignaling();
    const jun = enter({ signaling, name: "Jun" });
    const mina = enter({ signaling, name: "M".repeat(81) });
    await expectTalking(jun, ["M".repeat(80)]);
    expect(mina.now().self.name).toBe("M".repeat(80));
  });
});

describe("what the other participants see", () => {
  it("announces name and metadata, and their later changes", async () => {
    const signaling = memorySignaling({ delay: [0, 20] });
    const [mina, jun] = await talking(signaling, { metadata: { colour: "red" } });
    expect(jun.now().participants[0]).toMatchObject({
      name: "Mina",
      metadata: { colour: "red" },
    });
    mina.configure({ name: "Mina Park", metadata: { colour: "blue", hand: "up" } });
    await expect.poll(() => jun.now().participants[0]?.name).toBe("Mina Park");
    expect(jun.now().participants[0]?.metadata).toEqual({ colour: "blue", hand: "up" });
    expect(mina.now().self.name).toBe("Mina Park");
    // A later participant sees the new name, and never the old one.
    const noor = enter({ signaling, name: "Noor" });
    await expectTalking(noor, ["Mina Park", "Jun"]);
    expect(noor.shown.flat()).not.toContain("Mina");
  });

  it("announces a name that is changed while joining", async () => {
    const signaling = memorySignaling({ delay: 40 });
    const jun = enter({ signaling, name: "Jun" });
    await expectStatus(jun, "waiting");
    let asked = () => {};
    const underWay = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const mina = enter({
      name: "Mina",
      signaling: {
        join(joining) {
          asked();
          return signaling.join(joining);
        },
      },
    });
    await underWay;
    mina.configure({ name: "Mina Park" });
    await expectTalking(mina, ["Jun"]);
    await expect.poll(() => namesOf(jun.now())).toEqual(["Mina Park"]);
  });

  it("receives video and audio without a camera and a microphone", async () => {
    const signaling = memorySignaling();
    const mina = enterWithMedia({ signaling, name: "Mina" });
    await expectStatus(mina, "waiting");
    const jun = enter({ signaling, name: "Jun" });
    await expectTalking(jun, ["Mina"]);
    await expectFrames(jun.now().participants[0]?.stream);
    const sound = async () => {
      const open = opened.connections().flatMap((weak) => weak.deref() ?? []);
      const bytes = await Promise.all(open.map((pc) => inboundBytes(pc, "audio")));
      return bytes.filter((count) => count > 0).length;
    };
    // One of the two receives audio: the one without a microphone.
    await expect.poll(sound).toBe(1);
    expect(mina.now().participants[0]).toMatchObject({ camera: false, microphone: false });
  });

  it("reports which devices are on, and off after a device has failed", async () => {
    const signaling = memorySignaling();
    const mina = enterWithMedia({ signaling, name: "Mina" });
    await expectStatus(mina, "waiting");
    const jun = enter({ signaling, name: "Jun" });
    await expectTalking(jun, ["Mina"]);
    const flags = () => {
      const { microphone, camera } = jun.now().participants[0]!;
      return { microphone, camera };
    };
    await expect.poll(flags).toEqual({ microphone: true, camera: true });
    const { camera, microphone } = mina.media.getSnapshot();
    await microphone.setEnabled(false);
    await expect.poll(flags).toEqual({ microphone: false, camera: true });
    await camera.setEnabled(false);
    await expect.poll(flags).toEqual({ microphone: false, camera: false });
    await Promise.all([camera.setEnabled(true), microphone.setEnabled(true)]);
    await expect.poll(flags).toEqual({ microphone: true, camera: true });
    await expectFrames(jun.now().participants[0]?.stream);

    // The camera is unplugged, and there is no other.
    vi.spyOn(navigator.mediaDevices, "getUserMedia").mockRejectedValue(
      new DOMException("Simulated by a test.", "NotFoundError"),
    );
    const { track } = mina.media.getSnapshot().camera;
    track?.stop();
    track?.dispatchEvent(new Event("ended"));
    await expect.poll(flags).toEqual({ microphone: true, camera: false });
    expect(mina.media.getSnapshot().camera).toMatchObject({ status: "missing", enabled: true });
    expect(mina.now().self).toMatchObject({ microphone: true, camera: false });
  });

  it("reports a device that the system mutes as off, and on again by itself", async () => {
    const signaling = memorySignaling();
    const mina = enterWithMedia({ signaling, name: "Mina" });
    await expectStatus(mina, "waiting");
    const jun = enter({ signaling, name: "Jun" });
    await expectTalking(jun, ["Mina"]);
    const flagsOf = ({ microphone, camera }: Participant) => [microphone, camera];
    const both = () => [flagsOf(mina.now().self), flagsOf(jun.now().participants[0]!)];
    const { microphone, camera } = mina.media.getSnapshot();
    await expect.poll(both).toEqual([
      [true, true],
      [true, true],
    ]);
    // As an incoming phone call does.
    muteBySystem(microphone.track!, true);
    muteBySystem(camera.track!, true);
    await expect.poll(both).toEqual([
      [false, false],
      [false, false],
    ]);
    // Turned off by the user as well, the microphone stays off when the phone call ends.
    await mina.media.getSnapshot().microphone.toggle();
    muteBySystem(microphone.track!, false);
    muteBySystem(camera.track!, false);
    await expect.poll(both).toEqual([
      [false, true],
      [false, true],
    ]);
    await mina.media.getSnapshot().microphone.toggle();
    await expect.poll(both).toEqual([
      [true, true],
      [true, true],
    ]);
    expect(opened.liveTracks().length).toBe(2);
  });
});

/** The system mutes the source of a track or unmutes it (Media Capture, section 4.3.1). */
function muteBySystem(track: MediaStreamTrack, muted: boolean): void {
  Object.defineProperty(track, "muted", { value: muted, configurable: true });
  track.dispatchEvent(new Event(muted ? "mute" : "unmute"));
}

describe("a MediaStream of the application", () => {
  /** A video track of the application, moving until the test ends. */
  function ownCamera(): MediaStreamTrack {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    const timer = setInterval(() => context?.fillRect(0, 0, Math.random() * 300, 100), 100);
    const [track] = canvas.captureStream().getTracks();
    releases.push(
      () => clearInterval(timer),
      () => track!.stop(),
    );
    return track!;
  }

  /** An audio track of the application. */
  function ownMicrophone(): MediaStreamTrack {
    const context = new AudioContext();
    const [track] = context.createMediaStreamDestination().stream.getTracks();
    releases.push(
      () => context.close(),
      () => track!.stop(),
    );
    return track!;
  }

  /** Mina with a stream of the application, and what she and Jun see of it. */
  async function showing(...tracks: MediaStreamTrack[]) {
    const stream = new MediaStream(tracks);
    const signaling = memorySignaling();
    const mina = enter({ signaling, name: "Mina", media: stream });
    await expectStatus(mina, "waiting");
    const jun = enter({ signaling, name: "Jun" });
    await expectTalking(jun, ["Mina"]);
    const seen = () =>
      [mina.now().self, jun.now().participants[0]!].map(({ microphone, camera }) => ({
        microphone,
        camera,
      }));
    const expectSeen = async (microphone: boolean, camera: boolean) => {
      const flags = { microphone, camera };
      await expect.poll(seen).toEqual([flags, flags]);
    };
    return { stream, mina, jun, expectSeen };
  }

  it("is reported as muted soon after a track is disabled, without configure()", async () => {
    const { stream, expectSeen } = await showing(ownMicrophone(), ownCamera());
    await expectSeen(true, true);
    stream.getAudioTracks()[0]!.enabled = false;
    await expectSeen(false, true);
    stream.getVideoTracks()[0]!.enabled = false;
    await expectSeen(false, false);
    for (const track of stream.getTracks()) track.enabled = true;
    await expectSeen(true, true);
    stream.getVideoTracks()[0]!.stop();
    await expectSeen(true, false);
  });

  it("sends a track that is added, and stops sending one that is removed", async () => {
    const microphone = ownMicrophone();
    const { stream, mina, jun, expectSeen } = await showing(microphone);
    await expectSeen(true, false);
    const first = ownCamera();
    stream.addTrack(first);
    await expectSeen(true, true);
    await expectFrames(jun.now().participants[0]?.stream);

    stream.removeTrack(first);
    await expectSeen(true, false);
    const sent = () =>
      mina
        .now()
        .participants[0]!.connection!.getSenders()
        .flatMap(({ track }) => track ?? []);
    expect(sent()).toEqual([microphone]);

    const second = ownCamera();
    stream.addTrack(second);
    await expectSeen(true, true);
    await expect.poll(sent).toEqual([microphone, second]);
    // What the application opened, the application stops.
    mina.configure({ media: undefined });
    await expectSeen(false, false);
    await mina.now().leave();
    expect([microphone, first, second].map(({ readyState }) => readyState)).toEqual([
      "live",
      "live",
      "live",
    ]);
  });

  it("is read at once by configure()", async () => {
    const { stream, mina, expectSeen } = await showing(ownMicrophone());
    await expectSeen(true, false);
    stream.getAudioTracks()[0]!.enabled = false;
    mina.configure({ media: stream });
    expect(mina.now().self.microphone).toBe(false);
    await expectSeen(false, false);
  });
});
