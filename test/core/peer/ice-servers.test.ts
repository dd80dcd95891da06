/** ICE servers of calls and peers, on the fake network and a fake clock. */
import {
  createCall,
  createPeer,
  DEFAULT_ICE_SERVERS,
  type CallError,
  type CallOptions,
  type IceServers,
  type Peer,
  type PeerChannel,
  type PeerOptions,
} from "twocan/core";
import { createFakeNetwork, type FakeNetworkOptions } from "twocan/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mockDigest, advanceUntilSettled } from "../../support/fake-time.ts";

const releases: (() => unknown)[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  mockDigest();
});

afterEach(async () => {
  for (const release of releases.splice(0).toReversed()) release();
  await vi.advanceTimersByTimeAsync(1_000);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Advances the fake clock until the assertion holds. */
async function eventually(assertion: () => void, ms = 20_000): Promise<void> {
  for (let waited = 0; ; waited += 20) {
    try {
      assertion();
      return;
    } catch (error) {
      if (waited >= ms) throw error;
    }
    await vi.advanceTimersByTimeAsync(20);
  }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function play(options?: FakeNetworkOptions) {
  const network = createFakeNetwork(options);
  releases.push(network.peer().install());
  return network;
}

type Network = ReturnType<typeof play>;

/** A participant of a call who records the errors. */
function enter(network: Network, iceServers: IceServers | undefined, more?: Partial<CallOptions>) {
  const errors: CallError[] = [];
  const call = createCall({
    room: "standup",
    signaling: network.signaling,
    iceServers,
    onError: (error) => errors.push(error),
    ...more,
  });
  const release = call.retain();
  releases.push(release);
  const remote = () => call.getSnapshot().participants[0];
  return {
    call,
    errors,
    release,
    remote,
    urls: () => urlsOf(remote()?.connection),
  };
}

type Person = ReturnType<typeof enter>;

const urlsOf = (connection: RTCPeerConnection | undefined) =>
  connection?.getConfiguration().iceServers?.flatMap(({ urls }) => urls);

const DEFAULT_URLS = ["stun:stun.cloudflare.com:3478", "stun:stun.l.google.com:19302"];
const TURN = { urls: "turn:turn.example.org", username: "mina", credential: "hunter2" };

async function expectConnected(...people: Person[]): Promise<void> {
  await eventually(() =>
    expect(people.map(({ remote }) => remote()?.status)).toEqual(people.map(() => "connected")),
  );
}

const never = () => new Promise<never>(() => undefined);
const down = () => Promise.reject(new Error("503"));

describe("DEFAULT_ICE_SERVERS", () => {
  it("is used by a call without iceServers, and not by one with its own or with none", async () => {
    const network = play();
    const [mina, jun] = [enter(network, undefined), enter(network, [TURN])];
    await expectConnected(mina, jun);
    expect(mina.urls()).toEqual(DEFAULT_URLS);
    expect(jun.urls()).toEqual([TURN.urls]);
    jun.release();
    await eventually(() => expect(mina.remote()).toBeUndefined());
    const ada = enter(network, []);
    await expectConnected(mina, ada);
    expect(ada.urls()).toEqual([]);
    expect([mina, jun, ada].flatMap(({ errors }) => errors)).toEqual([]);
  });

  it("connects two participants behind ordinary routers, where no servers do not", async () => {
    const network = play({ reach: "stun" });
    await expectConnected(enter(network, undefined), enter(network, undefined));
    const without = play({ reach: "stun" });
    const mina = enter(without, []);
    enter(without, []);
    await eventually(() => expect(mina.remote()?.status).toBe("failed"), 60_000);
    expect(mina.call.getSnapshot().error?.code).toBe("ice-failed");
  });

  it.each([
    ["no configuration", undefined],
    ["a configuration without iceServers", () => ({})],
  ] as const)("is used by a peer with %s", async (_what, configuration) => {
    const network = play();
    const [caller, callee] = await pair(network, configuration ? { configuration } : {});
    await expectPeersConnected(caller, callee);
    expect(urlsOf(caller.getSnapshot().connection)).toEqual(DEFAULT_URLS);
    expect(urlsOf(callee.getSnapshot().connection)).toEqual([]);
  });

  it("can be extended by an application", async () => {
    const network = play();
    const mina = enter(network, [...DEFAULT_ICE_SERVERS, TURN]);
    await expectConnected(mina, enter(network, []));
    expect(mina.urls()).toEqual([...DEFAULT_URLS, TURN.urls]);
  });
});

describe("iceServers as a function", () => {
  it("is asked by both sides before either has an answer", async () => {
    const network = play();
    const gates: (() => void)[] = [];
    const gated = () => new Promise<RTCIceServer[]>((resolve) => gates.push(() => resolve([TURN])));
    const people = [enter(network, gated), enter(network, gated)] as const;
    await eventually(() => expect(gates.length).toBe(2), 2_000);
    expect(network.connections).toEqual([]);
    for (const open of gates) open();
    await expectConnected(...people);
    for (const person of people) expect(person.urls()).toEqual([TURN.urls]);
    // One question for each side's connection.
    expect(gates.length).toBe(2);
  });

  it("is asked once for all connections that start at the same moment", async () => {
    const network = play();
    for (let at = 0; at < 3; at += 1) enter(network, []);
    await pass(2_000);
    const iceServers = vi.fn(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return [TURN];
    });
    const mina = enter(network, iceServers);
    await eventually(() => {
      const { participants } = mina.call.getSnapshot();
      expect(participants.map(({ status }) => status)).toEqual(Array(3).fill("connected"));
      for (const { connection } of participants) expect(urlsOf(connection)).toEqual([TURN.urls]);
    });
    expect(iceServers).toHaveBeenCalledOnce();
  });

  it("is asked again for a connection that is made later", async () => {
    const network = play();
    let asked = 0;
    const mina = enter(network, async () => {
      asked += 1;
      return [{ ...TURN, username: `user ${asked}` }];
    });
    const jun = enter(network, []);
    await expectConnected(mina, jun);
    jun.release();
    await eventually(() => expect(mina.remote()).toBeUndefined());
    await expectConnected(mina, enter(network, []));
    const [server] = mina.remote()!.connection!.getConfiguration().iceServers!;
    expect([asked, server!.username]).toEqual([2, "user 2"]);
  });

  it.each([
    ["Twilio", { iceServers: [{ ...TURN, url: TURN.urls }] }],
    ["Cloudflare", { iceServers: { ...TURN, urls: [TURN.urls] } }],
    ["an older provider, with `url`", [{ ...TURN, urls: undefined, url: TURN.urls }]],
  ])("may answer in the form of %s", async (_provider, answer) => {
    const network = play();
    const mina = enter(network, async () => answer as never);
    const jun = enter(network, answer as never);
    await expectConnected(mina, jun);
    for (const person of [mina, jun]) {
      expect(person.urls()).toEqual([TURN.urls]);
      expect(person.errors).toEqual([]);
    }
  });

  it.each([
    ["hangs", never],
    ["rejects", down],
    [
      "throws",
      () => {
        throw new TypeError("fetch is not defined");
      },
    ],
  ])("that %s is asked twice, reported once, and the call connects", async (_how, broken) => {
    const network = play();
    const iceServers = vi.fn(broken);
    const mina = enter(network, iceServers);
    const jun = enter(network, []);
    await expectConnected(mina, jun);
    expect(iceServers).toHaveBeenCalledTimes(2);
    expect(mina.urls()).toEqual(DEFAULT_URLS);
    expect(mina.errors.map(({ code }) => code)).toEqual(["ice-servers-invalid"]);
    expect(mina.errors[0]!.message).toMatch(/`iceServers` function.*TURN/);
    expect(mina.errors[0]!.cause).toBeInstanceOf(Error);
    expect(jun.errors).toEqual([]);
  });

  it("that hangs on both sides delays the connection, and causes no second one", async () => {
    const network = play();
    network.delay(4_000);
    const people = [enter(network, never), enter(network, never)];
    await eventually(
      () =>
        expect(people.map(({ remote }) => remote()?.status)).toEqual(["connected", "connected"]),
      40_000,
    );
    const rebuilt = people[0]!.call
      .getSnapshot()
      .trace.getSnapshot()
      .filter(({ name }) => name === "rebuilt");
    expect(rebuilt).toEqual([]);
  });

  it("that fails once is asked again, and nothing is reported", async () => {
    const network = play();
    const iceServers = vi.fn(async () => [TURN]).mockImplementationOnce(down);
    const mina = enter(network, iceServers);
    await expectConnected(mina, enter(network, []));
    expect(mina.urls()).toEqual([TURN.urls]);
    expect([iceServers.mock.calls.length, mina.errors]).toEqual([2, []]);
  });

  it("that takes 5 s is used, although the second request hangs", async () => {
    const network = play();
    const slow = () => new Promise<RTCIceServer[]>((resolve) => setTimeout(resolve, 5_000, [TURN]));
    const mina = enter(
      network,
      vi.fn<() => Promise<RTCIceServer[]>>(never).mockImplementationOnce(slow),
    );
    await expectConnected(mina, enter(network, []));
    expect([mina.urls(), mina.errors]).toEqual([[TURN.urls], []]);
  });

  it("that fails later leaves the servers of its last answer in use, and is reported once", async () => {
    const network = play();
    const iceServers = vi.fn(async () => [TURN]);
    const mina = enter(network, iceServers);
    let other = enter(network, []);
    await expectConnected(mina, other);
    iceServers.mockImplementation(down);
    for (let time = 0; time < 2; time += 1) {
      other.release();
      await eventually(() => expect(mina.remote()).toBeUndefined());
      other = enter(network, []);
      await expectConnected(mina, other);
      expect(mina.urls()).toEqual([TURN.urls]);
    }
    expect(mina.errors.length).toBe(1);
    // Once to begin with, twice for the first failure, and once while the failure lasts.
    expect(iceServers).toHaveBeenCalledTimes(4);
  });

  it.each([
    ["no credential", [{ urls: TURN.urls }]],
    ["no scheme", [{ urls: "turn.example.org" }]],
    ["an error object", { error: "unauthorized" }],
    ["nothing", undefined],
    ["a string", "stun:stun.example.org"],
  ])("that answers with %s is reported at once, and the call connects", async (_what, answer) => {
    const network = play();
    const iceServers = vi.fn(async () => answer as unknown as RTCIceServer[]);
    const mina = enter(network, iceServers);
    const jun = enter(network, []);
    await eventually(() => expect(mina.errors.length).toBe(1), 2_000);
    expect(mina.errors[0]).toMatchObject({ code: "ice-servers-invalid" });
    expect(mina.errors[0]!.message).toContain("`iceServers[0]`");
    await expectConnected(mina, jun);
    expect([mina.urls(), mina.errors.length]).toEqual([DEFAULT_URLS, 1]);
    expect(iceServers).toHaveBeenCalledOnce();
  });

  it("that fails is the reason of a call that cannot connect without it", async () => {
    const network = play({ reach: "relay" });
    const mina = enter(network, down);
    const jun = enter(network, []);
    await eventually(() => expect(mina.remote()?.status).toBe("failed"), 60_000);
    expect(mina.call.getSnapshot()).toMatchObject({ status: "failed", error: mina.errors[0] });
    expect(mina.errors.map(({ code }) => code)).toEqual(["ice-servers-invalid"]);
    await eventually(() => expect(jun.remote()?.status).toBe("failed"), 60_000);
    expect(jun.errors.map(({ code }) => code)).toEqual(["ice-failed"]);
  });

  it("that fails does not lift iceTransportPolicy", async () => {
    const network = play({ reach: "relay" });
    const mina = enter(network, down, { iceTransportPolicy: "relay" });
    enter(network, [TURN]);
    await eventually(() => expect(mina.remote()?.connection).toBeDefined());
    expect(mina.remote()!.connection!.getConfiguration().iceTransportPolicy).toBe("relay");
  });

  it("that fails after the call was left reports nothing", async () => {
    const network = play();
    const mina = enter(network, never);
    enter(network, []);
    await eventually(() => expect(mina.call.getSnapshot().status).toBe("connecting"));
    mina.release();
    await pass(30_000);
    expect(mina.errors).toEqual([]);
  });
});

describe("iceServers as a list", () => {
  it.each([
    [
      "without a credential",
      [{ urls: "stun:a.example.org" }, { urls: TURN.urls, username: "mina" }],
      1,
    ],
    ["without a scheme", [{ urls: "turn.example.org" }], 0],
    ["of strings", ["stun:a.example.org"], 0],
    ["with an entry that has no urls", [{}], 0],
    ["inside an object", { iceServers: [{ urls: "https://a.example.org" }] }, 0],
  ])("%s makes join() reject at once, and nobody is told of it", async (_what, servers, at) => {
    const network = play();
    const joined = vi.spyOn(network.signaling, "join");
    const mina = enter(network, servers as never, { autoJoin: false });
    await expect(advanceUntilSettled(mina.call.getSnapshot().join())).rejects.toMatchObject({
      code: "ice-servers-invalid",
      message: expect.stringContaining(`\`iceServers[${at}]\``) as string,
    });
    expect(mina.call.getSnapshot()).toMatchObject({
      status: "failed",
      error: { code: "ice-servers-invalid" },
    });
    expect([mina.errors.length, joined.mock.calls.length]).toEqual([1, 0]);
  });

  it("that is corrected is used by the next join()", async () => {
    const network = play();
    const mina = enter(network, [{ urls: TURN.urls }], { autoJoin: false });
    await expect(advanceUntilSettled(mina.call.getSnapshot().join())).rejects.toThrow("iceServers");
    mina.call.configure({ iceServers: [TURN] });
    await advanceUntilSettled(mina.call.getSnapshot().join());
    await expectConnected(mina, enter(network, []));
    expect(mina.urls()).toEqual([TURN.urls]);
  });

  it("never appears in an error with its credentials", async () => {
    const network = play();
    const mina = enter(
      network,
      [
        {
          urls: ["turns:mina:hunter2@", "turn.example.org"],
          username: "mina",
          credential: "hunter2",
        },
      ],
      { autoJoin: false },
    );
    await expect(advanceUntilSettled(mina.call.getSnapshot().join())).rejects.toThrow("iceServers");
    const { message, cause } = mina.errors[0]!;
    expect(message).toContain("turn.example.org");
    expect(`${message} ${String(cause)}`).not.toMatch(/mina|hunter2/);
  });

  it("that becomes invalid during a call is reported, and the former one is used", async () => {
    const network = play();
    const mina = enter(network, [TURN]);
    const jun = enter(network, []);
    await expectConnected(mina, jun);
    const errors: string[] = [];
    mina.call.configure({
      iceServers: [{ urls: TURN.urls }],
      onError: ({ code }) => errors.push(code),
    });
    jun.release();
    await eventually(() => expect(mina.remote()).toBeUndefined());
    await expectConnected(mina, enter(network, []));
    expect([mina.urls(), errors]).toEqual([[TURN.urls], ["ice-servers-invalid"]]);
  });
});

async function pair(network: Network, first: Partial<PeerOptions>): Promise<[Peer, Peer]> {
  const [left, right] = network.channels();
  const peers: [Peer, Peer] = [
    createPeer({ channel: left, role: "caller", ...first }),
    createPeer({ channel: right, role: "callee", configuration: () => ({ iceServers: [] }) }),
  ];
  for (const peer of peers) {
    releases.push(() => peer.close());
    peer.start();
  }
  return peers;
}

const expectPeersConnected = (...peers: Peer[]) =>
  eventually(() =>
    expect(peers.map((peer) => peer.getSnapshot().status)).toEqual(["connected", "connected"]),
  );

describe("configuration of createPeer", () => {
  it("with iceServers that the browser refuses is reported at once", async () => {
    const network = play();
    const errors: CallError[] = [];
    const peers = await pair(network, {
      configuration: () => ({ iceServers: [{ urls: TURN.urls }] }),
      onError: (error) => errors.push(error),
    });
    await pass(0);
    expect(errors).toMatchObject([{ code: "ice-servers-invalid" }]);
    expect(peers[0].getSnapshot().error).toBe(errors[0]);
    await expectPeersConnected(...peers);
    expect(errors.length).toBe(1);
  });

  it("is the reason of a failure, named, if it never answers", async () => {
    const network = play();
    const errors: CallError[] = [];
    const [caller] = await pair(network, {
      configuration: never,
      onError: (error) => errors.push(error),
    });
    await eventually(() => expect(errors.length).toBe(1), 10_000);
    expect(errors[0]!.message).toContain("`configuration`");
    await eventually(() => expect(caller.getSnapshot().status).toBe("failed"), 200_000);
    expect(caller.getSnapshot().error).toBe(errors[0]);
    expect(errors.length).toBe(1);
  });

  it("is read when the offer arrives if it is no promise, so that a change counts", async () => {
    const network = play();
    let username = "old";
    const [left, right] = network.channels();
    const callee = createPeer({
      channel: right,
      role: "callee",
      configuration: () => ({ iceServers: [{ ...TURN, username }] }),
    });
    const caller = createPeer({ channel: left, role: "caller" });
    releases.push(callee.close, caller.close);
    callee.start();
    await pass(100);
    username = "new";
    caller.start();
    await expectPeersConnected(caller, callee);
    expect(callee.getSnapshot().connection!.getConfiguration().iceServers).toMatchObject([
      { username: "new" },
    ]);
  });

  it("is asked again if the offer arrives long after the callee has started", async () => {
    const network = play();
    const [left, right] = network.channels();
    let asked = 0;
    const callee = createPeer({
      channel: right,
      role: "callee",
      async configuration() {
        asked += 1;
        return { iceServers: [{ ...TURN, username: `user ${asked}` }] };
      },
    });
    const caller = createPeer({ channel: left, role: "caller" });
    releases.push(callee.close, caller.close);
    callee.start();
    await pass(60_000);
    const before = asked;
    caller.start();
    await expectPeersConnected(caller, callee);
    expect(callee.getSnapshot().connection!.getConfiguration().iceServers).toMatchObject([
      { username: `user ${before + 1}` },
    ]);
  });
});

/** A channel that a page takes with it when it crashes. */
function crashable(channel: PeerChannel): { channel: PeerChannel; crash(): void } {
  let alive = true;
  return {
    channel: {
      send: async (message) => (alive ? channel.send(message) : undefined),
      subscribe: (listener) => channel.subscribe((message) => alive && listener(message)),
    },
    crash() {
      alive = false;
    },
  };
}

describe("a callee of createPeer that reloads", () => {
  it.each(["crash", "goodbye"])("is connected again within 300 ms, after a %s", async (how) => {
    const network = play();
    const [left, right] = network.channels();
    const page = crashable(right);
    const caller = createPeer({ channel: left, role: "caller" });
    const former = createPeer({ channel: page.channel, role: "callee" });
    releases.push(caller.close, former.close);
    for (const peer of [caller, former]) peer.start();
    await expectPeersConnected(caller, former);
    if (how === "crash") {
      page.crash();
      network.crash(former.getSnapshot().connection!);
    } else former.close();
    await pass(200);
    expect(caller.getSnapshot().status).toBe(how === "crash" ? "connected" : "closed");
    const callee = createPeer({ channel: right, role: "callee" });
    releases.push(callee.close);
    callee.start();
    await eventually(() => {
      expect(callee.getSnapshot().status).toBe("connected");
      expect(caller.getSnapshot().status).toBe("connected");
    }, 300);
  });
});
