"use client";
/** Owns which texts the components below it show. */
import { createContext, useContext, type ReactNode } from "react";
import { en } from "./en.ts";
import type { Messages } from "./messages.ts";

const MessagesContext = createContext<Messages>(en);

/** Props of {@link MessagesProvider}. */
export interface MessagesProviderProps {
  /** `en`, `ko`, or a complete object of your own. Make it once, outside of render. */
  messages: Messages;
  children?: ReactNode;
}

/** Gives the components below it their texts. Without one they speak English. */
export function MessagesProvider({ messages, children }: MessagesProviderProps) {
  return <MessagesContext.Provider value={messages}>{children}</MessagesContext.Provider>;
}

/** The texts in force here. */
export function useMessages(): Messages {
  return useContext(MessagesContext);
}
