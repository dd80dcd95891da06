/** Owns which transceiver belongs to which section, and how all was before an offer that may be taken back. */
import type { FakeMediaStream } from "../fake-devices/fake-media-stream.ts";
import { reversed, sends, type Section } from "./sdp.ts";
import { takeDirection, type Changes } from "./track-events.ts";
import { agree, stopSlot, type Slot } from "./fake-transceivers.ts";

/** What the matching needs. */
export interface MatchingOptions {
  slots(): readonly Slot[];
  /** Makes a transceiver for a section that came. */
  receive(kind: Slot["kind"]): Slot;
  remove(slot: Slot): void;
  streamOf(id: string): FakeMediaStream;
}

/** The transceivers of one connection, as descriptions move them. */
export interface Matching {
  /** From here on things may be taken back. */
  begin(): void;
  /** A section of the other side's offer. */
  takeOffered(section: Section, changes: Changes): void;
  /** A section of the own answer, and one of the other side's. */
  giveAnswer(section: Section): void;
  takeAnswer(section: Section, changes: Changes): void;
  /** All as it was at `begin()`. */
  takeBack(changes: Changes): void;
}

/** How a slot was before an offer. */
type Before = Pick<Slot, "mid" | "offered" | "streams">;

/** Makes the matching of a connection. */
export function createMatching({ slots, receive, remove, streamOf }: MatchingOptions): Matching {
  let before = new Map<Slot, Before>();
  /** Made for sections of the offer that is pending. */
  let born: Slot[] = [];

  const slotOf = (mid: string) => slots().find((slot) => slot.mid === mid);

  function end(slot: Slot): void {
    stopSlot(slot);
    slot.mid = null;
    remove(slot);
  }

  /** One that `addTrack` made takes the first section of its kind (RFC 9429, section 5.10); else a new one is made. */
  function slotFor(kind: Slot["kind"], direction: RTCRtpTransceiverDirection): Slot {
    const waiting = (slot: Slot) =>
      slot.byTrack && slot.mid === null && slot.kind === kind && !slot.stopping;
    const found = sends(direction) ? slots().find(waiting) : undefined;
    if (found) return found;
    const slot = receive(kind);
    born.push(slot);
    return slot;
  }

  return {
    begin() {
      born = [];
      before = new Map(slots().map((slot) => [slot, { ...slot }]));
    },
    takeOffered({ kind, mid, direction, rejected, streams }, changes) {
      const known = slotOf(mid);
      if (kind === "application") return;
      if (rejected) {
        if (known) end(known);
        return;
      }
      const slot = known ?? slotFor(kind, direction);
      slot.mid = mid;
      takeDirection(slot, reversed(direction), streams.map(streamOf), changes);
    },
    giveAnswer({ mid, direction, rejected }) {
      const slot = slotOf(mid);
      if (slot && rejected) end(slot);
      else if (slot) agree(slot, direction);
    },
    takeAnswer({ mid, direction, rejected, streams }, changes) {
      const slot = slotOf(mid);
      if (slot && rejected) end(slot);
      else if (slot) {
        agree(slot, reversed(direction));
        takeDirection(slot, reversed(direction), streams.map(streamOf), changes);
      }
    },
    takeBack(changes) {
      for (const slot of slots()) {
        const { mid = null, offered = null, streams = [] } = before.get(slot) ?? {};
        slot.mid = mid;
        takeDirection(slot, offered, streams, changes);
        if (!born.includes(slot) || slot.byTrack) continue;
        stopSlot(slot);
        remove(slot);
      }
      changes.fresh.length = 0;
      changes.muted.length = 0;
    },
  };
}
