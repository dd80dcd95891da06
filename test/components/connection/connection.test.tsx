import { renderToString } from "react-dom/server";
import { describe, expect, it } from "vitest";
import {
  CallAnnouncer,
  ConnectionBadge,
  ConnectionBanner,
  en,
  HandshakeTimeline,
  ko,
  type Call,
  type Messages,
  type Participant,
} from "../../../src/index.ts";
import { announcement } from "../../../src/components/call-room/use-announcements.ts";
import { callOf, media, participant } from "../../support/fixtures.ts";

const person = (name: string | undefined, changes: Partial<Participant> = {}) =>
  participant({ id: name ?? "guest", name, ...changes });
const [mina, jonas, amira] = [person("Mina"), person("Jonas"), person("Amira")];
const lost = { status: "reconnecting" } as const;
const screen = {} as MediaStream;
const five = ["Mina", "Jonas", "Amira", "Lucía", "Tom"].map((name) => person(name));

describe("announcement", () => {
  const announce = (
    before: readonly Participant[],
    after: readonly Participant[],
    { texts = en, status }: { texts?: Messages; status?: [Call["status"], Call["status"]] } = {},
  ) =>
    announcement(
      callOf(before, status && { status: status[0] }),
      callOf(after, status && { status: status[1] }),
      texts,
    );

  it.each<[text: string, before: Participant[], after: Participant[]]>([
    ["Mina joined", [], [mina]],
    ["Mina and Jonas joined", [], [mina, jonas]],
    ["Mina, Jonas and Amira joined", [], [mina, jonas, amira]],
    ["Mina, Jonas and 3 others joined", [], five],
    ["Guest joined", [], [person(undefined)]],
    ["Mina left", [mina, jonas], [jonas]],
    ["Amira joined, Mina left", [mina], [amira]],
    ["Mina muted", [mina], [{ ...mina, microphone: false }]],
    ["Mina unmuted", [{ ...mina, microphone: false }], [mina]],
    ["Screen shared by Mina", [mina], [{ ...mina, screen }]],
    ["Screen no longer shared by Mina", [{ ...mina, screen }], [mina]],
    ["Reconnecting to Mina…", [mina, jonas], [{ ...mina, ...lost }, jonas]],
    ["Connected again", [{ ...mina, ...lost }], [mina]],
    ["", [mina], [mina]],
    ["", [mina], [{ ...mina, camera: false }]],
  ])("announces %j", (text, before, after) => {
    expect(announce(before, after)).toBe(text);
  });

  it("does not announce the devices of a participant who connects", () => {
    const coming = person("Mina", { status: "connecting", microphone: false });
    expect(announce([coming], [mina])).toBe("");
  });

  it("announces the loss and the recovery of all connections", () => {
    const all = five.map((one) => ({ ...one, ...lost }));
    expect(announce(five, all, { status: ["connected", "reconnecting"] })).toBe(
      "The connection was lost. Reconnecting…",
    );
    expect(announce(all, five, { status: ["reconnecting", "connected"] })).toBe("Connected again");
  });

  it("uses Korean honorifics and particles", () => {
    const texts = ko;
    expect(announce([], [mina], { texts })).toBe("Mina님이 참여했습니다");
    expect(announce([], five, { texts })).toBe("Mina님, Jonas님 외 3명이 참여했습니다");
    expect(announce([person(undefined)], [], { texts })).toBe("손님이 나갔습니다");
    expect(announce([mina, jonas], [{ ...mina, ...lost }, jonas], { texts })).toBe(
      "Mina님과 다시 연결하는 중…",
    );
  });
});

describe("renderToString", () => {
  const call = callOf([mina]);
  it.each([
    ["ConnectionBanner", <ConnectionBanner key="1" call={call} media={media()} />],
    ["ConnectionBadge", <ConnectionBadge key="2" participant={mina} />],
    ["CallAnnouncer", <CallAnnouncer key="3" call={call} />],
    ["HandshakeTimeline", <HandshakeTimeline key="4" subject={call} />],
  ])("renders %s", (_name, component) => {
    expect(renderToString(component)).toContain("data-twocan=");
  });

  it("renders a name with markup as text", () => {
    const trace = {
      version: 1,
      at: 2,
      events: [
        {
          step: 7,
          name: "callee-sets-remote-offer",
          timestamp: 1,
          side: "callee",
          round: 1,
          peer: "p1",
        },
      ],
      connections: [{ peer: "p1", name: "<b>Mina</b>", status: "connecting" }],
    } as const;
    expect(renderToString(<HandshakeTimeline trace={trace} />)).toContain("&lt;b&gt;Mina");
  });
});
