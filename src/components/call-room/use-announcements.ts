"use client";
/** Owns `useAnnouncements`: what happens in a call, in sentences for those who hear the page. */
import { useEffect, useState } from "react";
import type { Call } from "../../core/call/call.ts";
import type { Participant } from "../../core/call/participants.ts";
import { createStore, type Store } from "../../core/lib/store.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { useStore } from "../../react/use-store.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import type { Messages } from "../i18n/messages.ts";
import { peopleText } from "../i18n/people-text.ts";

/** What to announce. */
export interface AnnouncementOptions {
  /** Lost connections too. Default `true`; `false` where a `ConnectionBanner` says them already. */
  trouble?: boolean | undefined;
}

/** How long news is collected, in ms: what many do at once is one sentence, and what is undone meanwhile is none. */
const COLLECT = 1_000;

/**
 * The newest thing that happened in a call: "Mina, Jonas and 3 others joined". For a polite live
 * region. Who was there from the start is not announced, nor is oneself but for a lost connection.
 * The call is by default that of the nearest `CallProvider`.
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
  useEffect(() => announcer.take(call, messages, trouble), [announcer, call, messages, trouble]);
  return useStore(announcer.text);
}

interface Announcer {
  readonly text: Store<string>;
  take(call: Call, texts: Messages, trouble: boolean): void;
}

/** Compares what was said last with what is so now, once in a while; holds a timer only while it is watched. */
function createAnnouncer(): Announcer {
  let said: Call | undefined;
  let latest = () => "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const forget = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const text = createStore("", { onWatched: () => forget });
  return {
    text,
    take(call, texts, trouble) {
      const before = said;
      // On the way in nobody joins or leaves: whoever appears then was there from the start.
      if (!before || !isIn(call)) {
        forget();
        said = call;
        return;
      }
      latest = () => {
        said = call;
        return isIn(before) ? announcement(before, call, texts, trouble) : "";
      };
      timer ??= setTimeout(() => {
        timer = undefined;
        const next = latest();
        // The same sentence once more would change nothing, and so not be read.
        if (next) text.set(next === text.getSnapshot() ? `${next}\u00A0` : next);
      }, COLLECT);
    },
  };
}

const isIn = ({ status, participants }: Call) =>
  participants.length > 0 || !["idle", "joining", "left", "failed"].includes(status);

/** What is different between two moments of a call, in one line; empty where nothing is. Pure. */
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
  /** Those who were there before, and of whom something is true. */
  const those = (test: Test) =>
    after.participants.filter((now) => {
      const then = former.get(now.id);
      return then !== undefined && test(now, then);
    });
  const news: string[] = [];
  const say = (sentence: (people: string) => string, people: readonly Participant[]) => {
    if (people.length > 0) news.push(sentence(peopleText(people, texts)));
  };

  if (trouble) {
    const lost = those((now, then) => now.status === "reconnecting" && then.status === "connected");
    const own = after.status === "reconnecting" && before.status !== "reconnecting";
    if (own && lost.length !== 1) news.push(banner.reconnecting);
    else say(banner.reconnectingTo, lost);
  }
  const back = those((now, then) => now.status === "connected" && then.status === "reconnecting");
  const well = before.status === "reconnecting" && after.status !== "reconnecting";
  if (back.length > 0 || (well && after.status !== "failed")) news.push(announcer.recovered);
  const fresh = after.participants.filter(({ id }) => !former.has(id));
  const gone = before.participants.filter(({ id }) => !present.has(id));
  say(announcer.joined, fresh);
  say(announcer.left, gone);
  // What somebody has switched on is known from when they are connected.
  const switched = (test: Test) =>
    those(
      (now, then) => now.status === "connected" && then.status === "connected" && test(now, then),
    );
  say(
    announcer.sharing,
    switched((now, then) => !!now.screen && !then.screen),
  );
  say(
    announcer.sharingEnded,
    switched((now, then) => !now.screen && !!then.screen),
  );
  say(
    announcer.muted,
    switched((now, then) => !now.microphone && then.microphone),
  );
  say(
    announcer.unmuted,
    switched((now, then) => now.microphone && !then.microphone),
  );
  return texts.list(news);
}
