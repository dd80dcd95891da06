"use client";
import { createContext, useContext, useMemo, type ReactNode } from "react";
import { en } from "./en.ts";
import type { Messages, PartialMessages } from "./messages.ts";

const MessagesContext = createContext<Messages>(en);

/** Configures the texts of the components below a {@link MessagesProvider}. */
export interface MessagesProviderProps {
  /**
   * `ko`, or any subset of texts. Texts that are left out come from the next provider above, and
   * otherwise are English. Create the object outside of render, so that it stays the same.
   */
  messages: PartialMessages;
  children?: ReactNode;
}

/**
 * Sets the texts of the components below it. Without a provider they are English.
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

/** Returns the complete texts of the nearest {@link MessagesProvider}, or the English ones. */
export function useMessages(): Messages {
  return useContext(MessagesContext);
}

/** Merges groups of texts recursively. Replaces single texts and functions that return them. */
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
