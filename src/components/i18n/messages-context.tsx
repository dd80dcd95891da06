"use client";
/** The texts of the components: a partial tree over that of the nearest provider, or over English. */
import { createContext, useContext, useMemo, type ReactNode } from "react";
import { en } from "./en.ts";
import type { Messages, PartialMessages } from "./messages.ts";

const MessagesContext = createContext<Messages>(en);

/** Props of {@link MessagesProvider}. */
export interface MessagesProviderProps {
  /**
   * `ko`, or texts of your own, as many as you want: the others stay as the provider above has them,
   * otherwise English. Make it once, outside of render.
   */
  messages: PartialMessages;
  children?: ReactNode;
}

/**
 * Gives the components below it their texts. Without one they are English.
 *
 * @example
 * const messages = { leave: "Hang up", preJoin: { title: "Welcome" } };
 * root.render(<MessagesProvider messages={messages}><App /></MessagesProvider>);
 *
 * @example Korean, with one text changed.
 * <MessagesProvider messages={ko}>
 *   <MessagesProvider messages={{ leave: "끊기" }}>…</MessagesProvider>
 * </MessagesProvider>
 */
export function MessagesProvider({ messages, children }: MessagesProviderProps) {
  const above = useContext(MessagesContext);
  const merged = useMemo(() => merge(above, messages), [above, messages]);
  return <MessagesContext.Provider value={merged}>{children}</MessagesContext.Provider>;
}

/** Returns every text in force here, complete. */
export function useMessages(): Messages {
  return useContext(MessagesContext);
}

/** Merges groups of texts. A text, or the function that makes one, is replaced. */
function merge<T extends object>(base: T, changes: object): T {
  const merged = { ...base };
  for (const name of Object.keys(changes)) {
    const [before, change]: unknown[] = [Reflect.get(base, name), Reflect.get(changes, name)];
    if (change === undefined) continue;
    const next = isGroup(before) && isGroup(change) ? merge(before, change) : change;
    Reflect.set(merged, name, next);
  }
  return merged;
}

const isGroup = (value: unknown): value is object => typeof value === "object" && value !== null;
