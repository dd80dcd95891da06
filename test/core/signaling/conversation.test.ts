import { describe, expect, it } from "vitest";
import {
  receivePacket,
  sendMessage,
  startConversation,
  toPacket,
} from "../../../src/core/signaling/conversation.ts";
import {
  receiveEpoch,
  renewOwnEpoch,
  startEpochs,
  type EpochChange,
  type Epochs,
} from "../../../src/core/signaling/epochs.ts";
import {
  MAX_MESSAGES,
  type Packet,
  type PeerMessage,
} from "../../../src/core/signaling/protocol.ts";
import {
  EMPTY_RECEIVE_WINDOW,
  receiveMessages,
  type ReceiveWindow,
} from "../../../src/core/signaling/receive-window.ts";
import {
  acknowledgeUpTo,
  addMessage,
  clearSendWindow,
  EMPTY_SEND_WINDOW,
  MAX_WINDOW_SIZE,
  toPacketMessages,
  type SendWindow,
} from "../../../src/core/signaling/send-window.ts";

const message = (number = 1, connection = "c"): PeerMessage => ({
  type: "reject",
  connection,
  round: number,
});

/** A window with this many messages. */
function filled(count: number): SendWindow {
  let window = EMPTY_SEND_WINDOW;
  for (let number = 0; number < count; number += 1)
    window = addMessage(window, message(number), 1_000 + number)!;
  return window;
}

const seqsOf = (window: SendWindow) => toPacketMessages(window).map(([seq]) => seq);

describe("the send window", () => {
  it("numbers its messages from 0", () => {
    expect(toPacketMessages(filled(2))).toEqual([
      [0, message(0)],
      [1, message(1)],
    ]);
  });

  it.each([
    { upTo: -1, left: [0, 1, 2], newest: undefined },
    { upTo: 0, left: [1, 2], newest: 1_000 },
    { upTo: 1, left: [2], newest: 1_001 },
    { upTo: 2, left: [], newest: 1_002 },
    { upTo: 99, left: [], newest: 1_002 },
  ])("removes the messages up to $upTo that are acknowledged", ({ upTo, left, newest }) => {
    const result = acknowledgeUpTo(filled(3), upTo);
    expect(seqsOf(result.window)).toEqual(left);
    expect(result.newest?.sentAt).toBe(newest);
    expect(result.window.nextSeq).toBe(3);
  });

  it("changes nothing for an acknowledgement that is repeated", () => {
    const { window } = acknowledgeUpTo(filled(3), 1);
    expect(acknowledgeUpTo(window, 1)).toEqual({ window, newest: undefined });
  });

  it("goes on with the next number after it was cleared", () => {
    const window = addMessage(clearSendWindow(filled(3)), message(), 0)!;
    expect(seqsOf(window)).toEqual([3]);
  });

  it("is full with the most messages that a packet may have", () => {
    expect(addMessage(filled(MAX_MESSAGES - 1), message(), 0)).toBeDefined();
    expect(addMessage(filled(MAX_MESSAGES), message(), 0)).toBeUndefined();
  });

  it("is full with the most characters that a packet may have", () => {
    const half = "x".repeat(MAX_WINDOW_SIZE / 2 - 200);
    const window = addMessage(
      addMessage(EMPTY_SEND_WINDOW, message(1, half), 0)!,
      message(2, half),
      0,
    )!;
    expect(addMessage(window, message(3), 0)).toBeDefined();
    expect(addMessage(window, message(3, "x".repeat(400)), 0)).toBeUndefined();
  });
});

describe("the receive window", () => {
  const of = (delivered: number | undefined, addressed = true): ReceiveWindow => ({
    delivered,
    addressed,
  });

  it.each<{
    it: string;
    window: ReceiveWindow;
    seqs: number[];
    addressed?: boolean;
    fresh: number[];
    delivered: number | undefined;
    gap?: boolean;
  }>([
    {
      it: "starts at any number",
      window: of(undefined),
      seqs: [7, 8],
      fresh: [7, 8],
      delivered: 8,
    },
    { it: "delivers the next ones", window: of(3), seqs: [4, 5], fresh: [4, 5], delivered: 5 },
    {
      it: "skips those it has delivered",
      window: of(3),
      seqs: [2, 3, 4],
      fresh: [4],
      delivered: 4,
    },
    {
      it: "delivers none of a repeated packet",
      window: of(3),
      seqs: [2, 3],
      fresh: [],
      delivered: 3,
    },
    { it: "accepts a packet without messages", window: of(3), seqs: [], fresh: [], delivered: 3 },
    { it: "stops before a gap", window: of(3), seqs: [5], fresh: [], delivered: 3, gap: true },
    {
      it: "stops at a gap within a packet",
      window: of(3),
      seqs: [4, 6],
      fresh: [4],
      delivered: 4,
      gap: true,
    },
    {
      it: "stops at a gap before it was addressed",
      window: of(3, false),
      seqs: [6],
      addressed: false,
      fresh: [],
      delivered: 3,
      gap: true,
    },
    {
      it: "accepts a gap in the first packet that addresses it",
      window: of(3, false),
      seqs: [6, 7],
      fresh: [6, 7],
      delivered: 7,
    },
    {
      it: "does not go back in the first packet that addresses it",
      window: of(3, false),
      seqs: [1, 2, 3, 4],
      fresh: [4],
      delivered: 4,
    },
  ])("$it", ({ window, seqs, addressed = true, fresh, delivered, gap = false }) => {
    const messages = seqs.map((seq): [number, unknown] => [seq, seq]);
    const result = receiveMessages(window, messages, addressed);
    expect(result).toMatchObject({ fresh, gap, window: { delivered } });
  });

  it("accepts a gap in the first messages that address it, after an empty packet that did", () => {
    const early = receiveMessages(EMPTY_RECEIVE_WINDOW, [[0, "a"]], false);
    const empty = receiveMessages(early.window, [], true);
    const later = receiveMessages(empty.window, [[5, "b"]], true);
    expect(later).toMatchObject({ fresh: ["b"], gap: false });
    expect(receiveMessages(later.window, [[7, "c"]], true).gap).toBe(true);
  });
});

describe("the epochs", () => {
  const known: Epochs = { own: 50, remote: 10, retired: [{ epoch: 5, own: 50 }] };
  const renewed: Epochs = { ...known, own: 60 };

  it.each<{
    it: string;
    epochs: Epochs;
    s: number;
    r: number;
    change: EpochChange;
    announce?: boolean;
  }>([
    { it: "start with the first packet", epochs: startEpochs(), s: 3, r: 0, change: "started" },
    { it: "stay with the same number", epochs: known, s: 10, r: 50, change: "none" },
    { it: "are replaced by a greater number", epochs: known, s: 11, r: 0, change: "replaced" },
    {
      it: "are replaced by a lower number, and this side takes a new one",
      epochs: known,
      s: 9,
      r: 0,
      change: "replaced",
      announce: true,
    },
    {
      it: "answer a lower number that addresses an earlier epoch of this side",
      epochs: known,
      s: 9,
      r: 49,
      change: "stale",
      announce: true,
    },
    {
      it: "are replaced by a lower number that addresses this side",
      epochs: known,
      s: 9,
      r: 50,
      change: "replaced",
      announce: true,
    },
    { it: "ignore a retired number", epochs: known, s: 5, r: 50, change: "stale" },
    { it: "ignore 0", epochs: known, s: 0, r: 50, change: "stale" },
    {
      it: "answer a retired number that may be alive",
      epochs: renewed,
      s: 5,
      r: 50,
      change: "stale",
      announce: true,
    },
    {
      it: "bring a retired number back that addresses a younger epoch of this side",
      epochs: renewed,
      s: 5,
      r: 60,
      change: "replaced",
    },
  ])("$it", ({ epochs, s, r, change, announce = false }) => {
    const result = receiveEpoch(epochs, { s, r });
    expect(result).toMatchObject({ change, announce });
    const accepted = change === "started" || change === "replaced";
    expect(result.epochs.remote).toBe(accepted ? s : epochs.remote);
    expect(result.epochs.own > epochs.own).toBe(change === "replaced" && announce);
  });

  it("remember the number that was replaced, and forget one that is back", () => {
    const { epochs } = receiveEpoch(renewed, { s: 5, r: 60 });
    expect(epochs.retired).toEqual([{ epoch: 10, own: 60 }]);
  });

  it("remember a limited count of numbers", () => {
    let epochs = known;
    for (let s = 100; s < 1_000; s += 1) ({ epochs } = receiveEpoch(epochs, { s, r: 0 }));
    expect(epochs.retired.length).toBeLessThan(100);
  });

  it("grow when this side starts over, although the clock stands still or goes back", () => {
    const ahead = { ...known, own: Number.MAX_SAFE_INTEGER - 10 };
    expect(renewOwnEpoch(ahead).own).toBe(ahead.own + 1);
  });
});

describe("a conversation", () => {
  const from = (packet: Partial<Packet>): Packet => ({ v: 1, s: 7, r: 0, a: -1, m: [], ...packet });

  it("acknowledges what it has received, and sends what is not acknowledged", () => {
    const { conversation: first } = sendMessage(startConversation(), message(1), 0);
    const { conversation: second } = sendMessage(first, message(2), 0);
    const own = second.epochs.own;
    const { conversation, accepted } = receivePacket(second, from({ r: own, a: 0, m: [[4, "x"]] }));
    expect(accepted).toMatchObject({ fresh: ["x"], gap: false, acknowledged: { seq: 0 } });
    expect(toPacket(conversation)).toEqual({ v: 1, s: own, r: 7, a: 4, m: [[1, message(2)]] });
  });

  it("ignores acknowledgements and messages that are addressed to an earlier epoch", () => {
    const { conversation } = sendMessage(startConversation(), message(1), 0);
    const result = receivePacket(conversation, from({ r: 1, a: 0, m: [[0, "x"]] }));
    expect(result).toMatchObject({ announce: true, reset: false, accepted: undefined });
    expect(toPacket(result.conversation)).toMatchObject({ a: -1, m: [[0, message(1)]] });
  });

  it("starts over when the window is full, with the message that did not fit", () => {
    let conversation = startConversation();
    const own = conversation.epochs.own;
    for (let number = 0; number < MAX_MESSAGES; number += 1) {
      const result = sendMessage(conversation, message(number), 0);
      expect(result.reset).toBe(false);
      ({ conversation } = result);
    }
    const result = sendMessage(conversation, message(-1), 0);
    expect(result.reset).toBe(true);
    expect(result.conversation.epochs.own).toBeGreaterThan(own);
    expect(seqsOf(result.conversation.outgoing)).toEqual([MAX_MESSAGES]);
  });

  it("does not change its argument", () => {
    const before = startConversation();
    const copy = structuredClone(before);
    sendMessage(before, message(1), 0);
    receivePacket(before, from({ m: [[0, "x"]] }));
    expect(before).toEqual(copy);
  });
});
