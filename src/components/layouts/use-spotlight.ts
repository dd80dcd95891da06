"use client";
import { useState } from "react";
import type { Call } from "../../core/call/call.ts";
import type { Participant } from "../../core/call/participants.ts";
import { shallowEqual } from "../../core/lib/store.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import type { VideoSource } from "../video-tile/use-video-tile.ts";
import { useActiveSpeaker } from "./use-active-speaker.ts";

/** Identifies one tile of a call. */
export interface TileSource {
  /** The React key, which stays the same for the same participant and source. */
  key: string;
  participant: Participant;
  source: VideoSource;
}

/** The large tile, the other tiles and the pinned one. */
export interface Spotlight {
  /** The tile to show large. */
  spotlight: TileSource;
  /**
   * Why this tile is the large one:
   *
   * - `pinned`: the user has pinned it
   * - `screen`: it is the latest shared screen of a remote participant
   * - `speaker`: the participant speaks, or was the last one to speak
   * - `first`: the participant is the first remote one
   * - `self`: there is no remote participant
   */
  reason: "pinned" | "screen" | "speaker" | "first" | "self";
  /** All other tiles, those of the local participant last. */
  others: readonly TileSource[];
  /** All tiles. Their order does not depend on the spotlight, so that no video element is moved or recreated. */
  pictures: readonly TileSource[];
  /** The tile that the user has pinned; undefined once it is gone. */
  pinned: TileSource | undefined;
  /** Pins a tile, by default the camera of the participant. Replaces the pinned tile. */
  pin(id: string, source?: VideoSource): void;
  /** Unpins the pinned tile. */
  unpin(): void;
}

/**
 * Selects the tile of a call to show large: the pinned one, otherwise the latest shared screen of a
 * remote participant, otherwise the speaker, otherwise the first remote participant, otherwise the
 * local participant. A tile that is gone is unpinned.
 *
 * @param call Default: the call of the nearest `CallProvider`.
 *
 * @example
 * const { spotlight, others, pin } = useSpotlight(call);
 */
export function useSpotlight(call?: Call): Spotlight {
  const { participants, self } = useCurrentCall(call);
  const [choice, setChoice] = useState<{ id: string; source: VideoSource }>();
  const speaker = useActiveSpeaker(participants);
  const sharer = useNewestSharer(participants);

  const pictures = tilesOf([...participants, self]);
  const find = (id: string | undefined, source: VideoSource) =>
    pictures.find((one) => one.participant.id === id && one.source === source);

  const pinned = choice && find(choice.id, choice.source);
  // Unpinned, so that a participant who joins again is not large at once.
  if (choice && !pinned) setChoice(undefined);

  const candidates: [Spotlight["reason"], TileSource | undefined][] = [
    ["pinned", pinned],
    ["screen", find(sharer, "screen")],
    ["speaker", speaker && find(speaker.id, "camera")],
    ["first", participants[0] && find(participants[0].id, "camera")],
  ];
  const [reason, tile] = candidates.find(([, candidate]) => candidate) ?? ["self"];
  const spotlight = tile ?? tileOf(self, "camera");
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

/** Returns the screens and then the cameras, so that the order within each kind does not change. */
export function tilesOf(people: readonly Participant[]): readonly TileSource[] {
  const sharing = people.filter(({ screen }) => screen);
  return [
    ...sharing.map((person) => tileOf(person, "screen")),
    ...people.map((person) => tileOf(person, "camera")),
  ];
}

function tileOf(participant: Participant, source: VideoSource): TileSource {
  // The id of the local participant changes when it joins, and the tile must stay the same.
  const key = `${source} ${participant.isSelf ? "self" : participant.id}`;
  return { key, participant, source };
}

/** Returns the id of the participant who was the last to start sharing. */
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
