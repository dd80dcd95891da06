import { failure } from "../fake-devices/fake-events.ts";
import { narrowed, reversed, sends, type Description, type Section } from "./sdp.ts";
import type { Slot } from "./fake-transceivers.ts";

/** The sections of an offer, and the mid of each transceiver that is new in it. */
export interface Plan {
  readonly sections: readonly Section[];
  readonly mids: ReadonlyMap<Slot, string>;
}

const CHANNELS = { kind: "application", direction: "sendrecv", streams: [], track: "" } as const;

/** The agreed sections in their order, followed by a section for each new transceiver and for data channels (RFC 9429, section 5.2). */
export function planOffer(
  slots: readonly Slot[],
  agreed: readonly Section[],
  hasChannels: boolean,
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
  if (hasChannels && !sections.some(({ kind }) => kind === "application"))
    sections.push({ ...CHANNELS, mid: nextMid(), rejected: false });
  return { sections, mids };
}

/** One section for each section of the offer, with the direction that both sides allow (RFC 9429, section 5.3). */
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
  const { kind, streamIds, track, name } = slot;
  const streams = sends(direction) ? streamIds : [];
  return { kind, mid, direction, streams, rejected: false, track: track?.id ?? name };
}

/** @throws {DOMException} `InvalidAccessError` if the answer does not match the offer. */
export function assertAnswers(offer: Description, answer: Description): void {
  const [offered, answered] = [offer.session.sections, answer.session.sections];
  const isMatch =
    offered.length === answered.length &&
    offered.every(({ kind, mid }, at) => kind === answered[at]?.kind && mid === answered[at].mid);
  if (!isMatch)
    throw failure("InvalidAccessError", "The answer has other sections than the offer.");
}

/** The input of "check if negotiation is needed" (WebRTC 1.0, section 4.7.3). */
export interface Agreed {
  readonly slots: readonly Slot[];
  readonly local: Description | null;
  readonly remote: Description | null;
  readonly hasChannels: boolean;
}

/** Whether the agreed descriptions differ from the transceivers and data channels. */
export function differs({ slots, local, remote, hasChannels }: Agreed): boolean {
  const sections = local?.session.sections ?? [];
  if (hasChannels && !sections.some(({ kind }) => kind === "application")) return true;
  return slots.some((slot) => slotDiffers(slot, local, remote));
}

function slotDiffers(slot: Slot, local: Description | null, remote: Description | null): boolean {
  const ours = local?.session.sections.find(({ mid }) => mid === slot.mid);
  if (slot.stopping) return ours !== undefined && !ours.rejected;
  if (!ours || slot.mid === null) return true;
  const theirs = remote?.session.sections.find(({ mid }) => mid === slot.mid);
  const allowed = reversed(theirs?.direction ?? "inactive");
  return sendingDiffers(slot, ours, local) || directionDiffers(slot, ours, local, allowed);
}

function sendingDiffers(slot: Slot, ours: Section, local: Description | null): boolean {
  if (!sends(slot.direction)) return false;
  if (!sends(ours.direction)) return local?.type === "offer";
  return !sameNames(ours.streams, slot.streamIds);
}

function directionDiffers(
  { direction }: Slot,
  ours: Section,
  local: Description | null,
  allowed: RTCRtpTransceiverDirection,
): boolean {
  return local?.type === "offer"
    ? direction !== ours.direction && direction !== allowed
    : ours.direction !== narrowed(direction, allowed);
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
