"use client";
/** Owns what stands in for a face: the initials of a name, on one of a few calm grounds. */
import User from "lucide-react/icons/user";
import { initials } from "./initials.ts";

/** How many grounds styles.css has. */
const TONES = 6;

/** Drawn for the eye only: the tile around it carries the name. */
export function Avatar({ name, seed }: { name: string | undefined; seed: string }) {
  const short = initials(name ?? "");
  return (
    <span data-twocan="avatar" data-tone={tone(name ?? seed)} aria-hidden="true">
      <span data-twocan="avatar-face">{short === "" ? <User /> : short}</span>
    </span>
  );
}

/** The same name has the same ground on every page. */
function tone(seed: string): number {
  let sum = 0;
  for (let index = 0; index < seed.length; index += 1)
    sum = (sum * 31 + seed.charCodeAt(index)) % 997;
  return sum % TONES;
}
