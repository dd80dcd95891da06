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
import { createFakeNetwork, type FakeNetworkOptions } from "twocan/fake-webrtc";
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

function installNetwork(options?: FakeNetworkOptions) {
  const network = createFakeNetwork(options);
  releases.push(network.peer().install());
  return network;
}

type Network = ReturnType<typeof installNetwork>;

/** Joins the call as a participant, and records the errors. */
function joinCall(
  network: Network,
  iceServers: IceServers | undefined,
  more?: Partial<CallOptions>,
) {
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

type Client = ReturnType<typeof joinCall>;

const urlsOf = (connection: RTCPeerConnection | undefined) =>
  connection?.getConfiguration().iceServers?.flatMap(({ urls }) => urls);

const DEFAULT_URLS = ["stun:stun.cloudflare.com:3478", "stun:stun.l.google.com:19302"];
const TURN = { urls: "turn:turn.example.org", username: "mina", credential: "hunter2" };

async function expectConnected(...clients: Client[]): Promise<void> {
  await eventually(() =>
    expect(clients.map(({ remote }) => remote()?.status)).toEqual(clients.map(() => "connected")),
  );
}

const never = () => new Promise<never>(() => undefined);
const down = () => Promise.reject(new Error("503"));

describe("DEFAULT_ICE_SERVERS", () => {
  it("is the default of a call without iceServers, and not of one with a list or an empty list", async () => {
    const network = installNetwork();
    const [mina, jun] = [joinCall(network, undefined), joinCall(network, [TURN])];
    await expectConnected(mina, jun);
    expect(mina.urls()).toEqual(DEFAULT_URLS);
    expect(jun.urls()).toEqual([TURN.urls]);
    jun.release();
    await eventually(() => expect(mina.remote()).toBeUndefined());
    const ada = joinCall(network, []);
    await expectConnected(mina, ada);
    expect(ada.urls()).toEqual([]);
    expect([mina, jun, ada].flatMap(({ errors }) => errors)).toEqual([]);
  });

  it("connects two participants behind ordinary routers, where an empty list of servers does not", async () => {
    const network = installNetwork({ reach: "stun" });
    await expectConnected(joinCall(network, undefined), joinCall(network, undefined));
    const without = installNetwork({ reach: "stun" });
    const mina = joinCall(without, []);
    joinCall(without, []);
    await eventually(() => expect(mina.remote()?.status).toBe("failed"), 60_000);
    expect(mina.call.getSnapshot().error?.code).toBe("ice-failed");
  });

  it.each([
    ["no configuration", undefined],
    ["a configuration without iceServers", () => ({})],
  ] as const)("is the default of a peer with %s", async (_what, configuration) => {
    const network = installNetwork();
    const [caller, callee] = await pair(network, configuration ? { configuration } : {});
    await expectPeersConnected(caller, callee);
    expect(urlsOf(caller.getSnapshot().connection)).toEqual(DEFAULT_URLS);
    expect(urlsOf(callee.getSnapshot().connection)).toEqual([]);
  });

  it("can be extended with a TURN server of the application", async () => {
    const network = installNetwork();
    const mina = joinCall(network, [...DEFAULT_ICE_SERVERS, TURN]);
    await expectConnected(mina, joinCall(network, []));
    expect(mina.urls()).toEqual([...DEFAULT_URLS, TURN.urls]);
  });
});

describe("createCall: iceServers as a function", () => {
  it("calls iceServers() on both sides before either has a result", async () => {
    const network = installNetwork();
    const gates: (() => void)[] = [];
    const gated = () => new Promise<RTCIceServer[]>((resolve) => gates.push(() => resolve([TURN])));
    const clients = [joinCall(network, gated), joinCall(network, gated)] as const;
    await eventually(() => expect(gates.length).toBe(2), 2_000);
    expect(network.connections).toEqual([]);
    for (const open of gates) open();
    await expectConnected(...clients);
    for (const client of clients) expect(client.urls()).toEqual([TURN.urls]);
    // One request for the connection of each side.
    expect(gates.length).toBe(2);
  });

  it("calls iceServers() once for all connections that start at the same moment", async () => {
    const network = installNetwork();
    for (let at = 0; at < 3; at += 1) joinCall(network, []);
    await pass(2_000);
    const iceServers = vi.fn(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return [TURN];
    });
    const mina = joinCall(network, iceServers);
    await eventually(() => {
      const { participants } = mina.call.getSnapshot();
      expect(participants.map(({ status }) => status)).toEqual(Array(3).fill("connected"));
      for (const { connection } of participants) expect(urlsOf(connection)).toEqual([TURN.urls]);
    });
    expect(iceServers).toHaveBeenCalledOnce();
  });

  it("calls iceServers() again for a later connection", async () => {
    const network = installNetwork();
    let requests = 0;
    const mina = joinCall(network, async () => {
      requests += 1;
      return [{ ...TURN, username: `user ${requests}` }];
    });
    const jun = joinCall(network, []);
    await expectConnected(mina, jun);
    jun.release();
    await eventually(() => expect(mina.remote()).toBeUndefined());
    await expectConnected(mina, joinCall(network, []));
    const [server] = mina.remote()!.connection!.getConfiguration().iceServers!;
    expect([requests, server!.username]).toEqual([2, "user 2"]);
  });

  it.each([
    ["Twilio", { iceServers: [{ ...TURN, url: TURN.urls }] }],
    ["Cloudflare", { iceServers: { ...TURN, urls: [TURN.urls] } }],
    ["an older provider, with `url`", [{ ...TURN, urls: undefined, url: TURN.urls }]],
  ])("accepts the result in the form of %s", async (_provider, answer) => {
    const network = installNetwork();
    const mina = joinCall(network, async () => answer as never);
    const jun = joinCall(network, answer as never);
    await expectConnected(mina, jun);
    for (const client of [mina, jun]) {
      expect(client.urls()).toEqual([TURN.urls]);
      expect(client.errors).toEqual([]);
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
  ])("connects if iceServers() %s: it is called twice and reported once", async (_how, broken) => {
    const network = installNetwork();
    const iceServers = vi.fn(broken);
    const mina = joinCall(network, iceServers);
    const jun = joinCall(network, []);
    await expectConnected(mina, jun);
    expect(iceServers).toHaveBeenCalledTimes(2);
    expect(mina.urls()).toEqual(DEFAULT_URLS);
    expect(mina.errors.map(({ code }) => code)).toEqual(["ice-servers-invalid"]);
    expect(mina.errors[0]!.message).toMatch(/`iceServers` function.*TURN/);
    expect(mina.errors[0]!.cause).toBeInstanceOf(Error);
    expect(jun.errors).toEqual([]);
  });

  it("makes one connection, later, if iceServers() hangs on both sides", async () => {
    const network = installNetwork();
    network.delay(4_000);
    const clients = [joinCall(network, never), joinCall(network, never)];
    await eventually(
      () =>
        expect(clients.map(({ remote }) => remote()?.status)).toEqual(["connected", "connected"]),
      40_000,
    );
    const rebuilt = clients[0]!.call
      .getSnapshot()
      .trace.getSnapshot()
      .filter(({ name }) => name === "rebuilt");
    expect(rebuilt).toEqual([]);
  });

  it("calls iceServers() again after one failure, and reports no error", async () => {
    const network = installNetwork();
    const iceServers = vi.fn(async () => [TURN]).mockImplementationOnce(down);
    const mina = joinCall(network, iceServers);
    await expectConnected(mina, joinCall(network, []));
    expect(mina.urls()).toEqual([TURN.urls]);
    expect([iceServers.mock.calls.length, mina.errors]).toEqual([2, []]);
  });

  it("uses a result that takes 5 s, although the second request hangs", async () => {
    const network = installNetwork();
    const slow = () => new Promise<RTCIceServer[]>((resolve) => setTimeout(resolve, 5_000, [TURN]));
    const mina = joinCall(
      network,
      vi.fn<() => Promise<RTCIceServer[]>>(never).mockImplementationOnce(slow),
    );
    await expectConnected(mina, joinCall(network, []));
    expect([mina.urls(), mina.errors]).toEqual([[TURN.urls], []]);
  });

  it("keeps the servers of the last result if iceServers() fails later, and reports it once", async () => {
    const network = installNetwork();
    const iceServers = vi.fn(async () => [TURN]);
    const mina = joinCall(network, iceServers);
    let other = joinCall(network, []);
    await expectConnected(mina, other);
    iceServers.mockImplementation(down);
    for (let time = 0; time < 2; time += 1) {
      other.release();
      await eventually(() => expect(mina.remote()).toBeUndefined());
      other = joinCall(network, []);
      await expectConnected(mina, other);
      expect(mina.urls()).toEqual([TURN.urls]);
    }
    expect(mina.errors.length).toBe(1);
    // Once at first, twice for the first failure, and once while the failure lasts.
    expect(iceServers).toHaveBeenCalledTimes(4);
  });

  it.each([
    ["no credential", [{ urls: TURN.urls }]],
    ["no scheme", [{ urls: "turn.example.org" }]],
    ["an error object", { error: "unauthorized" }],
    ["nothing", undefined],
    ["a string", "stun:stun.example.org"],
  ])("reports at once that iceServers() returned %s, and connects", async (_what, answer) => {
    const network = installNetwork();
    const iceServers = vi.fn(async () => answer as unknown as RTCIceServer[]);
    const mina = joinCall(network, iceServers);
    const jun = joinCall(network, []);
    await eventually(() => expect(mina.errors.length).toBe(1), 2_000);
    expect(mina.errors[0]).toMatchObject({ code: "ice-servers-invalid" });
    expect(mina.errors[0]!.message).toContain("`iceServers[0]`");
    await expectConnected(mina, jun);
    expect([mina.urls(), mina.errors.length]).toEqual([DEFAULT_URLS, 1]);
    expect(iceServers).toHaveBeenCalledOnce();
  });

  it("reports the failure of iceServers() as the error of a call that cannot connect without it", async () => {
    const network = installNetwork({ reach: "relay" });
    const mina = joinCall(network, down);
    const jun = joinCall(network, []);
    await eventually(() => expect(mina.remote()?.status).toBe("failed"), 60_000);
    expect(mina.call.getSnapshot()).toMatchObject({ status: "failed", error: mina.errors[0] });
    expect(mina.errors.map(({ code }) => code)).toEqual(["ice-servers-invalid"]);
    await eventually(() => expect(jun.remote()?.status).toBe("failed"), 60_000);
    expect(jun.errors.map(({ code }) => code)).toEqual(["ice-failed"]);
  });

  it("keeps iceTransportPolicy if iceServers() fails", async () => {
    const network = installNetwork({ reach: "relay" });
    const mina = joinCall(network, down, { iceTransportPolicy: "relay" });
    joinCall(network, [TURN]);
    await eventually(() => expect(mina.remote()?.connection).toBeDefined());
    expect(mina.remote()!.connection!.getConfiguration().iceTransportPolicy).toBe("relay");
  });

  it("reports nothing if iceServers() fails after the call was left", async () => {
    const network = installNetwork();
    const mina = joinCall(network, never);
    joinCall(network, []);
    await eventually(() => expect(mina.call.getSnapshot().status).toBe("connecting"));
    mina.release();
    await pass(30_000);
    expect(mina.errors).toEqual([]);
  });
});

describe("createCall: iceServers as a list", () => {
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
  ])(
    "rejects join() at once for a list %s, without contacting the backend",
    async (_what, servers, at) => {
      const network = installNetwork();
      const joined = vi.spyOn(network.signaling, "join");
      const mina = joinCall(network, servers as never, { autoJoin: false });
      await expect(advanceUntilSettled(mina.call.getSnapshot().join())).rejects.toMatchObject({
        code: "ice-servers-invalid",
        message: expect.stringContaining(`\`iceServers[${at}]\``) as string,
      });
      expect(mina.call.getSnapshot()).toMatchObject({
        status: "failed",
        error: { code: "ice-servers-invalid" },
      });
      expect([mina.errors.length, joined.mock.calls.length]).toEqual([1, 0]);
    },
  );

  it("uses a corrected list in the next join()", async () => {
    const network = installNetwork();
    const mina = joinCall(network, [{ urls: TURN.urls }], { autoJoin: false });
    await expect(advanceUntilSettled(mina.call.getSnapshot().join())).rejects.toThrow("iceServers");
    mina.call.configure({ iceServers: [TURN] });
    await advanceUntilSettled(mina.call.getSnapshot().join());
    await expectConnected(mina, joinCall(network, []));
    expect(mina.urls()).toEqual([TURN.urls]);
  });

  it("shows no credentials in an error about iceServers", async () => {
    const network = installNetwork();
    const mina = joinCall(
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

  it("reports a list that becomes invalid during a call, and uses the previous one", async () => {
    const network = installNetwork();
    const mina = joinCall(network, [TURN]);
    const jun = joinCall(network, []);
    await expectConnected(mina, jun);
    const errors: string[] = [];
    mina.call.configure({
      iceServers: [{ urls: TURN.urls }],
      onError: ({ code }) => errors.push(code),
    });
    jun.release();
    await eventually(() => expect(mina.remote()).toBeUndefined());
    await expectConnected(mina, joinCall(network, []));
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

describe("createPeer: configuration", () => {
  it("reports iceServers that the browser refuses at once", async () => {
    const network = installNetwork();
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

  it("names `configuration` in the error if its promise never settles", async () => {
    const network = installNetwork();
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

  it("reads a configuration that is no promise when the offer arrives, so that a change takes effect", async () => {
    const network = installNetwork();
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

  it("calls configuration() again if the offer arrives long after the callee has started", async () => {
    const network = installNetwork();
    const [left, right] = network.channels();
    let requests = 0;
    const callee = createPeer({
      channel: right,
      role: "callee",
      async configuration() {
        requests += 1;
        return { iceServers: [{ ...TURN, username: `user ${requests}` }] };
      },
    });
    const caller = createPeer({ channel: left, role: "caller" });
    releases.push(callee.close, caller.close);
    callee.start();
    await pass(60_000);
    const before = requests;
    caller.start();
    await expectPeersConnected(caller, callee);
    expect(callee.getSnapshot().connection!.getConfiguration().iceServers).toMatchObject([
      { username: `user ${before + 1}` },
    ]);
  });
});

/** A channel that stops when its page crashes. */
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

describe("createPeer: a callee that reloads", () => {
  it.each(["crash", "goodbye"])(
    "connects to a reloaded callee within 300 ms after a %s",
    async (how) => {
      const network = installNetwork();
      const [left, right] = network.channels();
      const page = crashable(right);
      const caller = createPeer({ channel: left, role: "caller" });
      const earlier = createPeer({ channel: page.channel, role: "callee" });
      releases.push(caller.close, earlier.close);
      for (const peer of [caller, earlier]) peer.start();
      await expectPeersConnected(caller, earlier);
      if (how === "crash") {
        page.crash();
        network.crash(earlier.getSnapshot().connection!);
      } else earlier.close();
      await pass(200);
      expect(caller.getSnapshot().status).toBe(how === "crash" ? "connected" : "closed");
      const callee = createPeer({ channel: right, role: "callee" });
      releases.push(callee.close);
      callee.start();
      await eventually(() => {
        expect(callee.getSnapshot().status).toBe("connected");
        expect(caller.getSnapshot().status).toBe("connected");
      }, 300);
    },
  );
});
