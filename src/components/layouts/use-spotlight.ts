"use client";
/** Owns which picture of a call is shown large, and the person's own choice of it. */
import { useState } from "react";
import type { Call } from "../../core/call/call.ts";
import type { Participant } from "../../core/call/participants.ts";
import { shallowEqual } from "../../core/lib/store.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { useActiveSpeaker } from "./use-active-speaker.ts";

/** One picture of a call. */
export interface TileSource {
  /** Stays the same as long as the picture does: for React. */
  key: string;
  participant: Participant;
  source: "camera" | "screen";
}

/** What {@link useSpotlight} gives. */
export interface Spotlight {
  /** The picture to show large. */
  spotlight: TileSource;
  /** Why that one: it was pinned, is the newest screen, speaks or spoke last, is the first other, is all there is. */
  reason: "pinned" | "screen" | "speaker" | "first" | "self";
  /** All the other pictures, oneself last. */
  others: readonly TileSource[];
  /** The spotlight among the others. The order never follows it, so no video element need be made anew. */
  pictures: readonly TileSource[];
  /** What the person has pinned, while it is there. */
  pinned: TileSource | undefined;
  /** Keeps somebody's camera (or screen) large, instead of what was pinned before. */
  pin(id: string, source?: TileSource["source"]): void;
  unpin(): void;
}

/**
 * Which picture of a call to show large: the pinned one, else the newest shared screen of somebody
 * else, else who speaks, else the first of the others, else oneself. What is gone is not pinned any more.
 * The call is by default that of the nearest `CallProvider`.
 *
 * @example
 * const { spotlight, others, pin } = useSpotlight(call);
 */
export function useSpotlight(call?: Call): Spotlight {
  const { participants, self } = useCurrentCall(call);
  const [choice, setChoice] = useState<{ id: string; source: TileSource["source"] }>();
  const speaker = useActiveSpeaker(participants);
  const sharer = useNewestSharer(participants);

  const pictures = picturesOf([...participants, self]);
  const find = (id: string | undefined, source: TileSource["source"]) =>
    pictures.find((one) => one.participant.id === id && one.source === source);

  const pinned = choice && find(choice.id, choice.source);
  // Forgotten, so that who comes back does not come back large.
  if (choice && !pinned) setChoice(undefined);

  const wishes: [Spotlight["reason"], TileSource | undefined][] = [
    ["pinned", pinned],
    ["screen", find(sharer, "screen")],
    ["speaker", speaker && find(speaker.id, "camera")],
    ["first", participants[0] && find(participants[0].id, "camera")],
  ];
  const [reason, granted] = wishes.find(([, picture]) => picture) ?? ["self"];
  const spotlight = granted ?? pictureOf(self, "camera");
  return {
    spotlight,
    reason,
    others: pictures.filter(({ key }) => key !== spotlight.key),
    pictures,
    pinned,
    pin: (id, source = "camera") => setChoice({ id, source }),
    unpin: () => setChoice(undefined),
  };
}

/** Screens first, then cameras: one that comes or goes moves no other within its kind. */
export function picturesOf(people: readonly Participant[]): readonly TileSource[] {
  const sharing = people.filter(({ screen }) => screen);
  return [
    ...sharing.map((person) => pictureOf(person, "screen")),
    ...people.map((person) => pictureOf(person, "camera")),
  ];
}

function pictureOf(participant: Participant, source: TileSource["source"]): TileSource {
  // Joining brings an id, and the own picture stays the same.
  const key = `${source} ${participant.isSelf ? "self" : participant.id}`;
  return { key, participant, source };
}

/** Who of these began to share last. */
function useNewestSharer(people: readonly Participant[]): string | undefined {
  const [known, setKnown] = useState<readonly string[]>([]);
  const now = people.filter(({ screen }) => screen).map(({ id }) => id);
  const next = [
    ...known.filter((id) => now.includes(id)),
    ...now.filter((id) => !known.includes(id)),
  ];
  if (!shallowEqual(next, known)) setKnown(next);
  return next.at(-1);
}
