import { CallError } from "../../core/lib/errors.ts";
import { NO_MEDIA } from "../../core/media/outgoing-media.ts";
import type { PeerInfo } from "../../core/signaling/signaling.ts";
import { createTrace } from "../../core/stats/handshake-trace.ts";
import type {
  Transport,
  TransportOptions,
  TransportSession,
} from "../../core/transport/transport.ts";
import { eventually } from "../eventually.ts";
import { unique } from "./test-client.ts";

/** The functions of a test runner that {@link describeTransport} calls; those of Vitest and of Jest fit. */
export interface TransportTestRunner {
  describe(this: void, name: string, body: () => void): unknown;
  it(this: void, name: string, run: () => Promise<void>, timeout: number): unknown;
}

/**
 * Creates what one test uses. Called once for each test.
 *
 * @experimental
 */
export type TransportFactory = () => TransportFixture | Promise<TransportFixture>;

/**
 * A transport to test, and the means to bring other participants into its rooms.
 *
 * @experimental
 */
export interface TransportFixture {
  readonly transport: Transport;
  /** Brings another participant into the room. Resolves when it has joined. */
  addParticipant(options: {
    readonly room: string;
    readonly name: string;
  }): TransportParticipant | Promise<TransportParticipant>;
  /** Returns how many resources (connections, sockets) are open, which must be 0 after all have left. */
  open?(): number | Promise<number>;
  /** Cleans up after the test. */
  close?(): void | Promise<void>;
}

/**
 * Another participant in the room of the transport.
 *
 * @experimental
 */
export interface TransportParticipant {
  rename(name: string): void | Promise<void>;
  /** Switches its devices. A new participant has both off. */
  setMedia(media: { readonly microphone: boolean; readonly camera: boolean }): void | Promise<void>;
  leave(): void | Promise<void>;
  /** Returns the names that it sees. Without it, what the transport announces is not tested. */
  names?(): readonly (string | undefined)[];
}

/** The time in ms one test may take. */
const TEST_TIMEOUT_MS = 60_000;
/** The time in ms in which an expected change must be seen. */
const CHANGE_TIMEOUT_MS = 15_000;
/** The time in ms in which an unwanted callback would come. */
const SETTLING_MS = 300;

/**
 * Registers the suite for one implementation of `Transport`: one test for each requirement. Call it at
 * the top of a test file.
 *
 * @experimental
 * @example
 * import { describe, it } from "vitest"; // or from "@jest/globals"
 *
 * describeTransport({ describe, it }, "sfu()", () => {
 *   const server = startServer();
 *   return {
 *     transport: sfu(server.url),
 *     addParticipant: ({ room, name }) => server.addParticipant(room, name),
 *     open: () => server.connections,
 *     close: () => server.stop(),
 *   };
 * });
 */
export function describeTransport(
  { describe, it }: TransportTestRunner,
  name: string,
  factory: TransportFactory,
): void {
  describe(`${name} as a transport`, () => {
    for (const [requirement, check] of Object.entries(CHECKS))
      it(requirement, () => run(factory, check), TEST_TIMEOUT_MS);
  });
}

/** Lets a check add participants and join. All of them leave at its end. */
interface Stage {
  readonly room: string;
  add(name: string): Promise<TransportParticipant>;
  /** Joins as Mina. */
  join(options?: {
    readonly room?: string;
    readonly signal?: AbortSignal;
    readonly onChange?: (session: TransportSession) => void;
  }): Promise<Joined>;
}

/** A session of the transport under test, and what it has called. */
interface Joined {
  readonly session: TransportSession;
  readonly self: PeerInfo;
  readonly calls: { changes: number; readonly errors: CallError[]; readonly ended: CallError[] };
}

const namesOf = ({ session }: Joined) => session.participants().map(({ name }) => name);

/** The requirements, and the checks that reject with what is wrong. */
const CHECKS: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  async "joins an empty room"({ join }) {
    const mina = await join();
    equal("the id", typeof mina.session.id === "string" && mina.session.id !== "", true);
    equal("participants()", mina.session.participants(), []);
    equal("status()", mina.session.status(), "connected");
  },

  async "shows the other participants by name, in order of joining"({ add, join }) {
    await add("Jun");
    const mina = await join();
    await becomes("the names", () => namesOf(mina), ["Jun"]);
    await add("Ada");
    await becomes("the names", () => namesOf(mina), ["Jun", "Ada"]);
    const ids = new Set([mina.session.id, ...mina.session.participants().map(({ id }) => id)]);
    equal("the number of ids", ids.size, 3);
  },

  async "keeps rooms apart"({ room, add, join }) {
    await add("Jun");
    const mina = await join({ room: `${room}-2` });
    await pause();
    equal("the names", namesOf(mina), []);
  },

  async "connects to each participant, and calls onChange"({ add, join }) {
    const mina = await join();
    const before = mina.calls.changes;
    await add("Jun");
    await add("Ada");
    await becomes("the statuses", () => mina.session.participants().map(({ status }) => status), [
      "connected",
      "connected",
    ]);
    equal("whether onChange was called", mina.calls.changes > before, true);
    equal("the errors", mina.calls.errors, []);
  },

  async "returns the same object for a participant until something in it changes"({ add, join }) {
    const jun = await add("Jun");
    await add("Ada");
    const mina = await join();
    await becomes("the statuses", () => mina.session.participants().map(({ status }) => status), [
      "connected",
      "connected",
    ]);
    await pause();
    const [first, second] = mina.session.participants();
    equal("whether it is the same", mina.session.participants()[0] === first, true);
    await jun.rename("Jun Lee");
    await becomes("the name", () => mina.session.participants()[0]?.name, "Jun Lee");
    equal("the name in the earlier snapshot", first?.name, "Jun");
    equal("whether the other is the same", mina.session.participants()[1] === second, true);
  },

  async "shows what a participant has switched on, in one stream"({ add, join }) {
    const jun = await add("Jun");
    const mina = await join();
    const streams = new Set<MediaStream>();
    for (const media of [
      { microphone: true, camera: true },
      { microphone: true, camera: false },
      { microphone: false, camera: true },
    ]) {
      await jun.setMedia(media); // oxlint-disable-line no-await-in-loop -- one change after the other
      const shown = () => {
        const [participant] = mina.session.participants();
        if (participant?.stream) streams.add(participant.stream);
        const { microphone, camera } = participant?.media ?? {};
        return { microphone, camera };
      };
      await becomes("the media", shown, media); // oxlint-disable-line no-await-in-loop
    }
    equal("the number of streams", streams.size, 1);
  },

  async "drops a participant who leaves"({ add, join }) {
    const jun = await add("Jun");
    await add("Ada");
    const mina = await join();
    await becomes("the names", () => namesOf(mina), ["Jun", "Ada"]);
    await jun.leave();
    await becomes("the names", () => namesOf(mina), ["Ada"]);
    equal("the errors", mina.calls.errors, []);
  },

  async "announces a changed name"({ add, join }) {
    const jun = await add("Jun");
    const mina = await join();
    await becomes("the names", () => namesOf(mina), ["Jun"]);
    await mina.session.update({ ...mina.self, name: "Mina Kim" });
    if (jun.names) await becomes("the names that Jun sees", () => jun.names?.(), ["Mina Kim"]);
  },

  async "takes other media before, while and after it connects"({ add, join }) {
    const mina = await join();
    mina.session.setMedia({ ...NO_MEDIA, state: { ...NO_MEDIA.state } });
    await add("Jun");
    mina.session.setMedia(NO_MEDIA);
    await becomes("the status", () => mina.session.participants()[0]?.status, "connected");
    mina.session.setMedia({ ...NO_MEDIA });
    equal("the errors", mina.calls.errors, []);
  },

  async "is gone when it has left, and calls nothing afterwards"({ add, join }) {
    const jun = await add("Jun");
    const mina = await join();
    await becomes("the status", () => mina.session.participants()[0]?.status, "connected");
    const leaving = mina.session.leave();
    const { changes } = mina.calls;
    await leaving;
    await mina.session.leave();
    if (jun.names) await becomes("the names that Jun sees", () => jun.names?.(), []);
    await jun.rename("Jun Lee");
    await add("Ada");
    await pause();
    equal("the changes", mina.calls.changes, changes);
    equal("the errors", mina.calls.errors, []);
    equal("the ends", mina.calls.ended, []);
  },

  async "can be joined again after leaving"({ add, join }) {
    await add("Jun");
    const first = await join();
    await first.session.leave();
    const second = await join();
    await becomes("the statuses", () => second.session.participants().map(({ status }) => status), [
      "connected",
    ]);
  },

  async "rejects with aborted when joining was aborted before"({ join }) {
    const aborted = new CallError("aborted", "The call was ended.");
    await rejectsAborted(join({ signal: AbortSignal.abort(aborted) }));
  },

  async "rejects with aborted when joining is aborted"({ add, join }) {
    const jun = await add("Jun");
    const joining = new AbortController();
    const joined = join({ signal: joining.signal });
    joining.abort(new CallError("aborted", "The call was ended."));
    await rejectsAborted(joined);
    if (jun.names) await becomes("the names that Jun sees", () => jun.names?.(), []);
  },

  async "may be left by a callback"({ add, join }) {
    const jun = await add("Jun");
    const mina = await join({
      onChange(session) {
        if (session.participants().length > 0) session.leave().catch(() => undefined);
      },
    });
    // Where Jun was shown before join() resolved, there was no session to leave yet.
    await jun.rename("Jun Lee");
    await pause();
    await mina.session.leave();
    equal("the errors", mina.calls.errors, []);
  },
};

async function run(factory: TransportFactory, check: (stage: Stage) => Promise<void>) {
  const fixture = await factory();
  const opened: { leave(): void | Promise<void> }[] = [];
  const room = unique("transport");
  try {
    await check({
      room,
      async add(name) {
        const participant = await fixture.addParticipant({ room, name });
        opened.push(participant);
        return participant;
      },
      join: (options = {}) => joinAs(fixture.transport, { room, ...options }, opened),
    });
    await leaveAll(opened);
    const { open } = fixture;
    if (open) await becomes("what is open after all have left", () => open.call(fixture), 0);
  } finally {
    await leaveAll(opened);
    await fixture.close?.();
  }
}

async function leaveAll(opened: readonly { leave(): void | Promise<void> }[]): Promise<void> {
  await Promise.allSettled(opened.map(async (each) => each.leave()));
}

async function joinAs(
  transport: Transport,
  options: Parameters<Stage["join"]>[0] & { readonly room: string },
  opened: { leave(): void | Promise<void> }[],
): Promise<Joined> {
  const { room, onChange, signal = new AbortController().signal } = options;
  const self: PeerInfo = { id: unique("mina"), name: "Mina", joinedAt: Date.now() };
  const calls: Joined["calls"] = { changes: 0, errors: [], ended: [] };
  let session: TransportSession | undefined;
  const given: TransportOptions = {
    room,
    self,
    trace: createTrace(),
    media: () => NO_MEDIA,
    configuration: () => ({ iceServers: [] }),
    configurationError: () => undefined,
    onChange() {
      calls.changes += 1;
      if (session) onChange?.(session);
    },
    onError: (error) => calls.errors.push(error),
    onEnded: (error) => calls.ended.push(error),
  };
  session = await transport.join(given, signal);
  opened.push(session);
  return { session, self, calls };
}

async function rejectsAborted(joined: Promise<Joined>): Promise<void> {
  const code = await joined.then(
    () => "no error",
    (error: unknown) => (error instanceof CallError ? error.code : String(error)),
  );
  equal("the error of join()", code, "aborted");
}

/** Waits until `probe` returns what is expected. */
async function becomes(what: string, probe: () => unknown, expected: unknown): Promise<void> {
  await eventually(async () => equal(what, await probe(), expected), {
    description: what,
    timeoutMs: CHANGE_TIMEOUT_MS,
  });
}

/** Lets time pass in which nothing must happen. */
async function pause(): Promise<void> {
  let steps = 0;
  await eventually(() => (steps += 1) > SETTLING_MS / 20, { intervalMs: 20 });
}

function equal(what: string, found: unknown, expected: unknown): void {
  const [is, shouldBe] = [JSON.stringify(found), JSON.stringify(expected)];
  if (is !== shouldBe) throw new Error(`Expected ${what} to be ${shouldBe}, not ${is}.`);
}
