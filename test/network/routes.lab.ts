/** How two people reach each other through the routers that there are. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { have, namesOf, routesOf, without } from "./expect.ts";
import { chain, type Nat } from "./lab.ts";
import { bothSee, eventually, setStage, type Call, type Meeting, type Stage } from "./people.ts";

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

  async function connect(nat: Nat, meeting: Meeting): Promise<string[]> {
    for (const router of ["natA", "natB"] as const) stage.lab.setNat(router, nat);
    call = await stage.meet(meeting);
    await bothSee(call);
    return routesOf(call);
  }

  it("two in the same network reach each other directly", async () => {
    const routes = await connect("cone", { at: "guest", servers: ["stun", "udp"] });
    expect(routes).toEqual(["host/host/udp", "host/host/udp"]);
  });

  it("through routers that keep the port STUN finds the way, and nothing is relayed", async () => {
    const routes = await connect("cone", { servers: ["stun", "udp"] });
    expect(routes.join()).not.toMatch(/relay|host\/host/);
  });

  it("through routers that take another port for each address TURN carries it", async () => {
    const routes = await connect("symmetric", { servers: ["stun", "udp"] });
    expect(routes.join()).toMatch(/relay/);
  });

  it("who wants to be relayed only is, and shows no address to anybody", async () => {
    const seen = ["ip daddr 203.0.113.3 counter"];
    stage.lab.filter("natA", chain("seen", "filter", "forward", "-150", seen));
    const routes = await connect("cone", { policy: "relay" });
    expect(routes.join()).toMatch(/^relay\/relay\/\w+,relay\/relay/);
    for (const { diary } of call!.both) {
      const { events } = await diary();
      const told = events.flatMap(([, what]) => /^candidate (\w+)/.exec(what)?.[1] ?? []);
      expect(new Set(told)).toEqual(new Set(["relay"]));
    }
  });

  it("where UDP is blocked TURN carries it over TCP", async () => {
    const routes = await connect("udp-blocked", {});
    expect(routes.every((route) => /relay.*tcp/.test(route))).toBe(true);
  });

  it("where nothing but port 443 is open TURN carries it over that", async () => {
    const routes = await connect("tcp-443-only", { servers: ["stun", "udp", "tcp443"] });
    expect(routes.every((route) => /relay.*tcp/.test(route))).toBe(true);
  });

  it("where there is no way and no TURN both are told so, and what to do", async () => {
    for (const router of ["natA", "natB"] as const) stage.lab.setNat(router, "symmetric");
    call = await stage.meet({ servers: ["stun"] });
    for (const { diary } of call.both) {
      const last = async () => (await diary()).moments.at(-1);
      await eventually(async () => (await last())?.others[0]?.status === "failed", 90_000);
      const { events } = await diary();
      expect(events.map(([, what]) => what).join()).toContain("ice-failed");
    }
  });

  for (const meeting of mixed.filter(({ ana, bo }) => have(ana!, bo!))) {
    it(`${namesOf(meeting)} find each other by STUN`, async () => {
      const routes = await connect("cone", { ...meeting, servers: ["stun"] });
      expect(routes.join()).not.toMatch(/relay/);
    });

    it(`${namesOf(meeting)} find each other by TURN`, async () => {
      const routes = await connect("symmetric", meeting);
      expect(routes.join()).toMatch(/relay/);
    });
  }
});
