/** How two people reach each other through the routers that there are. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectRoutes, have, namesOf, without } from "./expect.ts";
import { chain, type Nat } from "./lab.ts";
import { bothSee, eventually, setStage, type Call, type Meeting, type Stage } from "./people.ts";

const DIRECT = /^(host\/host\/udp,?){2}$/;
const BY_STUN = /^(?!.*(host\/host|relay|undefined))/;
const BY_TURN = /^(?!.*undefined).*relay/;
const BY_TURN_OVER_TCP = /^([\w/]*relay[\w/]*tcp,?){2}$/;

const mixed: Meeting[] = [
  { ana: "chromium", bo: "firefox" },
  { ana: "firefox", bo: "chromium" },
];

describe.skipIf(without)("routes", () => {
  let stage: Stage;
  let call: Call | undefined;

  beforeAll(async () => {
    stage = await setStage();
  });
  afterEach(async () => {
    await call?.end();
    call = undefined;
    for (const router of ["natA", "natB"] as const) stage.lab.setNat(router, "cone");
  });
  afterAll(() => stage?.close());

  async function expectToMeet(nat: Nat, routes: RegExp, meeting: Meeting): Promise<Call> {
    for (const router of ["natA", "natB"] as const) stage.lab.setNat(router, nat);
    call = await stage.meet(meeting);
    await bothSee(call);
    await expectRoutes(call, routes);
    return call;
  }

  it("two in the same network reach each other directly", async () => {
    await expectToMeet("cone", DIRECT, { at: "guest", servers: ["stun", "udp"] });
  });

  it("through routers that keep the port STUN finds the way, and nothing is relayed", async () => {
    await expectToMeet("cone", BY_STUN, { servers: ["stun", "udp"] });
  });

  it("through routers that take another port for each address TURN carries it", async () => {
    await expectToMeet("symmetric", BY_TURN, { servers: ["stun", "udp"] });
  });

  it("who wants to be relayed only is, and shows no address to anybody", async () => {
    const seen = ["ip daddr 203.0.113.3 counter"];
    stage.lab.filter("natA", chain("seen", "filter", "forward", "-150", seen));
    const { both } = await expectToMeet("cone", /^relay\/relay\/\w+,relay\/relay/, {
      policy: "relay",
    });
    for (const { diary } of both) {
      const { events } = await diary();
      const told = events.flatMap(([, what]) => /^candidate (\w+)/.exec(what)?.[1] ?? []);
      expect(new Set(told)).toEqual(new Set(["relay"]));
    }
  });

  it("where UDP is blocked TURN carries it over TCP", async () => {
    await expectToMeet("udp-blocked", BY_TURN_OVER_TCP, {});
  });

  it("where nothing but port 443 is open TURN carries it over that", async () => {
    await expectToMeet("tcp-443-only", BY_TURN_OVER_TCP, { servers: ["stun", "udp", "tcp443"] });
  });

  it("where there is no way and no TURN both are told so, and what to do", async () => {
    for (const router of ["natA", "natB"] as const) stage.lab.setNat(router, "symmetric");
    call = await stage.meet({ servers: ["stun"] });
    for (const { diary } of call.both) {
      const told = async () => (await diary()).moments.map(({ others: [other] }) => other?.status);
      await eventually(async () => (await told()).includes("failed"), 90_000);
      const { events } = await diary();
      expect(events.map(([, what]) => what).join()).toContain("ice-failed");
    }
  });

  for (const meeting of mixed.filter(({ ana, bo }) => have(ana!, bo!))) {
    it(`${namesOf(meeting)} find each other by STUN`, async () => {
      await expectToMeet("cone", BY_STUN, { ...meeting, servers: ["stun"] });
    });

    it(`${namesOf(meeting)} find each other by TURN`, async () => {
      await expectToMeet("symmetric", BY_TURN, meeting);
    });
  }
});
