"use client";
import User from "lucide-react/icons/user";
import { initials } from "./initials.ts";

/** The number of background colours in video-tile.css. */
const TONES = 6;

/** Shows the initials of a name. Hidden from screen readers, because the label of the tile has the name. */
export function Avatar({ name, seed }: { name: string | undefined; seed: string }) {
  const short = initials(name ?? "");
  return (
    <span data-twocan="avatar" data-tone={tone(name ?? seed)} aria-hidden="true">
      <span data-twocan="avatar-face">{short === "" ? <User /> : short}</span>
    </span>
  );
}

/** Hashes the seed, so that a name has the same colour on every page. */
function tone(seed: string): number {
  let sum = 0;
  for (let index = 0; index < seed.length; index += 1)
    sum = (sum * 31 + seed.charCodeAt(index)) % 997;
  return sum % TONES;
}
