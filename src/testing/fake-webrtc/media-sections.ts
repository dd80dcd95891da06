/** Owns what a played connection puts into its offers and answers, section by section (RFC 9429, section 5). */
import { failure } from "../fake-devices/fake-events.ts";
import { narrowed, reversed, sends, type Description, type Section } from "./sdp.ts";
import type { Slot } from "./fake-transceivers.ts";

/** The sections of an offer, and which transceiver gets which new one. */
export interface Plan {
  readonly sections: readonly Section[];
  readonly mids: ReadonlyMap<Slot, string>;
}

const CHANNELS = { kind: "application", direction: "sendrecv", streams: [], track: "" } as const;

/** The agreed sections in their order, and after them one for whatever is new. */
export function planOffer(
  slots: readonly Slot[],
  agreed: readonly Section[],
  wantsChannels: boolean,
): Plan {
  const mids = new Map<Slot, string>();
  const taken = new Set(agreed.map(({ mid }) => mid));
  const nextMid = () => {
    let next = taken.size;
    while (taken.has(String(next))) next += 1;
    taken.add(String(next));
    return String(next);
  };
  const sections = agreed.map((section) => {
    if (section.kind === "application") return section;
    const slot = slots.find(({ mid }) => mid === section.mid);
    return slot && !slot.stopping
      ? sectionOf(slot, section.mid, slot.direction)
      : { ...section, rejected: true, direction: "inactive" as const, streams: [] };
  });
  for (const slot of slots) {
    if (slot.mid !== null || slot.stopping) continue;
    mids.set(slot, nextMid());
    sections.push(sectionOf(slot, mids.get(slot) ?? "", slot.direction));
  }
  if (wantsChannels && !sections.some(({ kind }) => kind === "application"))
    sections.push({ ...CHANNELS, mid: nextMid(), rejected: false });
  return { sections, mids };
}

/** To each section of the offer, as much as both sides want. */
export function planAnswer(slots: readonly Slot[], offer: Description): Section[] {
  return offer.session.sections.map((section) => {
    if (section.kind === "application") return section;
    const slot = slots.find(({ mid }) => mid === section.mid);
    if (!slot || slot.stopping || section.rejected)
      return { ...section, rejected: true, direction: "inactive", streams: [] };
    return sectionOf(slot, section.mid, narrowed(slot.direction, reversed(section.direction)));
  });
}

function sectionOf(slot: Slot, mid: string, direction: RTCRtpTransceiverDirection): Section {
  const { kind, named, track, name } = slot;
  const streams = sends(direction) ? named : [];
  return { kind, mid, direction, streams, rejected: false, track: track?.id ?? name };
}

/** @throws {DOMException} `InvalidAccessError` where the answer is to another offer. */
export function assertAnswers(offer: Description, answer: Description): void {
  const [asked, told] = [offer.session.sections, answer.session.sections];
  const fits =
    asked.length === told.length &&
    asked.every(({ kind, mid }, at) => kind === told[at]?.kind && mid === told[at].mid);
  if (!fits) throw failure("InvalidAccessError", "The answer has other sections than the offer.");
}

/** What "check if negotiation is needed" looks at (WebRTC 1.0, section 4.7.3). */
export interface Agreed {
  readonly slots: readonly Slot[];
  readonly local: Description | null;
  readonly remote: Description | null;
  readonly wantsChannels: boolean;
}

/** Whether the agreed descriptions say something else than what is wanted now. */
export function differs({ slots, local, remote, wantsChannels }: Agreed): boolean {
  const sections = local?.session.sections ?? [];
  if (wantsChannels && !sections.some(({ kind }) => kind === "application")) return true;
  return slots.some((slot) => {
    const ours = sections.find(({ mid }) => mid === slot.mid);
    if (slot.stopping) return ours !== undefined && !ours.rejected;
    if (!ours || slot.mid === null) return true;
    if (sends(slot.direction) && !sameNames(ours.streams, slot.named) && sends(ours.direction))
      return true;
    if (sends(slot.direction) && !sends(ours.direction) && local?.type === "offer") return true;
    const theirs = remote?.session.sections.find(({ mid }) => mid === slot.mid);
    const asked = reversed(theirs?.direction ?? "inactive");
    if (local?.type === "offer")
      return slot.direction !== ours.direction && slot.direction !== asked;
    return ours.direction !== narrowed(slot.direction, asked);
  });
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
