"use client";
import { useEffect, useState } from "react";
import type { Call } from "../../core/call/call.ts";
import type { Participant } from "../../core/call/participants.ts";
import { createStore, type Store } from "../../core/lib/store.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { useStore } from "../../react/use-store.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";
import { peopleText } from "../i18n/people-text.ts";

/** Selects what {@link useAnnouncements} announces. */
export interface AnnouncementOptions {
  /**
   * Announces lost connections. Set it to `false` beside a `ConnectionBanner`, which announces them,
   * too.
   *
   * @default true
   */
  trouble?: boolean | undefined;
}

/**
 * Changes are collected for this time and then announced together. A change that is undone within it
 * is not announced.
 */
const COLLECT_MS = 1_000;

/**
 * Returns the latest change in a call as a sentence: "Mina, Jonas and 3 others joined". Render it in
 * a polite live region. Participants who are present when the call is joined are not announced. The
 * local participant is announced only for a lost connection.
 *
 * @param given Default: the call of the nearest `CallProvider`.
 *
 * @example
 * <output className="visually-hidden">{useAnnouncements(call)}</output>
 */
export function useAnnouncements(
  given?: Call,
  { trouble = true }: AnnouncementOptions = {},
): string {
  const call = useCurrentCall(given);
  const messages = useMessages();
  const [announcer] = useState(createAnnouncer);
  useEffect(() => announcer.update(call, messages, trouble), [announcer, call, messages, trouble]);
  return useStore(announcer.text);
}

interface Announcer {
  readonly text: Store<string>;
  update(call: Call, texts: Messages, trouble: boolean): void;
}

/** Compares the call with its last announced snapshot. Holds a timer only while `text` is subscribed to. */
function createAnnouncer(): Announcer {
  let announced: Call | undefined;
  let announceLatest = () => "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const text = createStore("", { onWatched: () => cancel });
  return {
    text,
    update(call, texts, trouble) {
      const before = announced;
      // Participants who appear while the call is joining were in the room before.
      if (!before || !isIn(call)) {
        cancel();
        announced = call;
        return;
      }
      announceLatest = () => {
        announced = call;
        return isIn(before) ? announcement(before, call, texts, trouble) : "";
      };
      timer ??= setTimeout(() => {
        timer = undefined;
        const next = announceLatest();
        // A live region does not announce a text that is the same as before, so make it differ.
        if (next) text.set(next === text.getSnapshot() ? `${next}\u00A0` : next);
      }, COLLECT_MS);
    },
  };
}

const isIn = ({ status, participants }: Call) =>
  participants.length > 0 || !["idle", "joining", "left", "failed"].includes(status);

/** Describes the difference between two snapshots of a call; empty if there is none. Pure. */
export function announcement(
  before: Call,
  after: Call,
  texts: Messages,
  trouble: boolean = true,
): string {
  const { announcer, banner } = texts;
  const former = new Map(before.participants.map((person) => [person.id, person]));
  const present = new Set(after.participants.map(({ id }) => id));
  type Test = (now: Participant, then: Participant) => boolean;
  /** Returns the participants of both snapshots that pass the test. */
  const those = (test: Test) =>
    after.participants.filter((now) => {
      const then = former.get(now.id);
      return then !== undefined && test(now, then);
    });
  const sentences: string[] = [];
  const add = (sentence: (people: string) => string, people: readonly Participant[]) => {
    if (people.length > 0) sentences.push(sentence(peopleText(people, texts)));
  };

  if (trouble) {
    const lost = those((now, then) => now.status === "reconnecting" && then.status === "connected");
    const lostAll = after.status === "reconnecting" && before.status !== "reconnecting";
    if (lostAll && lost.length !== 1) sentences.push(banner.reconnecting);
    else add(banner.reconnectingTo, lost);
  }
  const back = those((now, then) => now.status === "connected" && then.status === "reconnecting");
  const recovered = before.status === "reconnecting" && after.status !== "reconnecting";
  if (back.length > 0 || (recovered && after.status !== "failed"))
    sentences.push(announcer.recovered);
  const joined = after.participants.filter(({ id }) => !former.has(id));
  const left = before.participants.filter(({ id }) => !present.has(id));
  add(announcer.joined, joined);
  add(announcer.left, left);
  // Before the connection is up, the state of a remote microphone or screen is not known.
  const switched = (test: Test) =>
    those(
      (now, then) => now.status === "connected" && then.status === "connected" && test(now, then),
    );
  add(
    announcer.sharing,
    switched((now, then) => !!now.screen && !then.screen),
  );
  add(
    announcer.sharingEnded,
    switched((now, then) => !now.screen && !!then.screen),
  );
  add(
    announcer.muted,
    switched((now, then) => !now.microphone && then.microphone),
  );
  add(
    announcer.unmuted,
    switched((now, then) => now.microphone && !then.microphone),
  );
  return texts.list(sentences);
}
