import type { FakeMediaStream } from "../fake-devices/fake-media-stream.ts";
import { reversed, sends, type Section } from "./sdp.ts";
import { applyDirection, type Changes } from "./track-events.ts";
import { agree, stopSlot, type Slot } from "./fake-transceivers.ts";

export interface MatchingOptions {
  slots(): readonly Slot[];
  receive(kind: Slot["kind"]): Slot;
  remove(slot: Slot): void;
  streamOf(id: string): FakeMediaStream;
}

/** Assigns transceivers to sections, and restores the assignment on a rollback. */
export interface Matching {
  /** Saves the state that a rollback restores. */
  begin(): void;
  /** Applies a section of a remote offer. */
  applyRemoteOffer(section: Section, changes: Changes): void;
  /** Applies a section of a local answer. */
  applyLocalAnswer(section: Section): void;
  /** Applies a section of a remote answer. */
  applyRemoteAnswer(section: Section, changes: Changes): void;
  /** Restores the state of `begin()`. */
  rollBack(changes: Changes): void;
}

/** The state of a transceiver before an offer. */
type Before = Pick<Slot, "mid" | "offered" | "streams">;

export function createMatching({ slots, receive, remove, streamOf }: MatchingOptions): Matching {
  let before = new Map<Slot, Before>();
  /** The transceivers that were created for the pending offer. */
  let created: Slot[] = [];

  const slotOf = (mid: string) => slots().find((slot) => slot.mid === mid);

  function end(slot: Slot): void {
    stopSlot(slot);
    slot.mid = null;
    remove(slot);
  }

  /** A transceiver that `addTrack` created takes the first section of its kind (RFC 9429, section 5.10). Otherwise a new one is created. */
  function slotFor(kind: Slot["kind"], direction: RTCRtpTransceiverDirection): Slot {
    const waiting = (slot: Slot) =>
      slot.fromAddTrack && slot.mid === null && slot.kind === kind && !slot.stopping;
    const found = sends(direction) ? slots().find(waiting) : undefined;
    if (found) return found;
    const slot = receive(kind);
    created.push(slot);
    return slot;
  }

  return {
    begin() {
      created = [];
      before = new Map(slots().map((slot) => [slot, { ...slot }]));
    },
    applyRemoteOffer({ kind, mid, direction, rejected, streams }, changes) {
      const known = slotOf(mid);
      if (kind === "application") return;
      if (rejected) {
        if (known) end(known);
        return;
      }
      const slot = known ?? slotFor(kind, direction);
      slot.mid = mid;
      applyDirection(slot, reversed(direction), streams.map(streamOf), changes);
    },
    applyLocalAnswer({ mid, direction, rejected }) {
      const slot = slotOf(mid);
      if (slot && rejected) end(slot);
      else if (slot) agree(slot, direction);
    },
    applyRemoteAnswer({ mid, direction, rejected, streams }, changes) {
      const slot = slotOf(mid);
      if (slot && rejected) end(slot);
      else if (slot) {
        agree(slot, reversed(direction));
        applyDirection(slot, reversed(direction), streams.map(streamOf), changes);
      }
    },
    rollBack(changes) {
      for (const slot of slots()) {
        const { mid = null, offered = null, streams = [] } = before.get(slot) ?? {};
        slot.mid = mid;
        applyDirection(slot, offered, streams, changes);
        if (!created.includes(slot) || slot.fromAddTrack) continue;
        stopSlot(slot);
        remove(slot);
      }
      changes.fresh.length = 0;
      changes.muted.length = 0;
    },
  };
}
