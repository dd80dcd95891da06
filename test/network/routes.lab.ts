import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { areInstalled, expectRoutes, namesOf, skipReason } from "./expect.ts";
import { chain, type Nat } from "./lab.ts";
import { bothSee, createStage, eventually, type Call, type Meeting, type Stage } from "./people.ts";

const DIRECT = /^(host\/host\/udp,?){2}$/;
const BY_STUN = /^(?!.*(host\/host|relay|undefined))/;
const BY_TURN = /^(?!.*undefined).*relay/;
const BY_TURN_OVER_TCP = /^([\w/]*relay[\w/]*tcp,?){2}$/;

const mixed: Meeting[] = [
  { ana: "chromium", bo: "firefox" },
  { ana: "firefox", bo: "chromium" },
];

describe.skipIf(skipReason)("routes", () => {
  let stage: Stage;
  let call: Call | undefined;

  beforeAll(async () => {
    stage = await createStage();
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

  it("two participants in the same network connect directly", async () => {
    await expectToMeet("cone", DIRECT, { at: "guest", servers: ["stun", "udp"] });
  });

  it("participants behind cone NATs connect with STUN, without a TURN server", async () => {
    await expectToMeet("cone", BY_STUN, { servers: ["stun", "udp"] });
  });

  it("participants behind symmetric NATs connect over TURN", async () => {
    await expectToMeet("symmetric", BY_TURN, { servers: ["stun", "udp"] });
  });

  it("a relay-only call uses TURN only and exposes no address", async () => {
    const seen = ["ip daddr 203.0.113.3 counter"];
    stage.lab.filter("natA", chain("seen", "filter", "forward", "-150", seen));
    const { both } = await expectToMeet("cone", /^relay\/relay\/\w+,relay\/relay/, {
      policy: "relay",
    });
    for (const { log } of both) {
      const { events } = await log();
      const types = events.flatMap(([, what]) => /^candidate (\w+)/.exec(what)?.[1] ?? []);
      expect(new Set(types)).toEqual(new Set(["relay"]));
    }
  });

  it("uses TURN over TCP where UDP is blocked", async () => {
    await expectToMeet("udp-blocked", BY_TURN_OVER_TCP, {});
  });

  it("uses TURN over TCP on port 443 where no other port is open", async () => {
    await expectToMeet("tcp-443-only", BY_TURN_OVER_TCP, { servers: ["stun", "udp", "tcp443"] });
  });

  it("reports ice-failed on both sides where a connection needs TURN and there is none", async () => {
    for (const router of ["natA", "natB"] as const) stage.lab.setNat(router, "symmetric");
    call = await stage.meet({ servers: ["stun"] });
    for (const { log } of call.both) {
      const statuses = async () =>
        (await log()).moments.map(({ others: [other] }) => other?.status);
      await eventually(async () => (await statuses()).includes("failed"), 90_000);
      const { events } = await log();
      expect(events.map(([, what]) => what).join()).toContain("ice-failed");
    }
  });

  for (const meeting of mixed.filter(({ ana, bo }) => areInstalled(ana!, bo!))) {
    it(`${namesOf(meeting)} connect with STUN`, async () => {
      await expectToMeet("cone", BY_STUN, { ...meeting, servers: ["stun"] });
    });

    it(`${namesOf(meeting)} connect over TURN`, async () => {
      await expectToMeet("symmetric", BY_TURN, meeting);
    });
  }
});
