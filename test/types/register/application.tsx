/** An application that registers the type of its metadata; checked by test/types/register.test.ts. */
import {
  CallRoom,
  useCall,
  type Call,
  type CallOptions,
  type CallStore,
  type Metadata,
  type Participant,
  type PeerInfo,
} from "twocan";
import { createCall } from "twocan/core";

interface Seat {
  role: "host" | "guest";
  hand?: string;
}

declare module "twocan" {
  interface Register {
    metadata: Seat;
  }
}

type Equal<A, B> = [A, B] extends [B, A] ? true : false;

export const flows: readonly true[] = [
  true satisfies Equal<Metadata, Readonly<Seat>>,
  true satisfies Equal<Participant["metadata"], Readonly<Seat>>,
  true satisfies Equal<CallOptions["metadata"], Readonly<Seat> | undefined>,
  true satisfies Equal<PeerInfo["metadata"], Readonly<Seat> | undefined>,
];

export function Room() {
  const call = useCall({ room: "standup", metadata: { role: "host" } });
  const hosts = call.participants.filter(({ metadata }) => metadata.role === "host");
  // @ts-expect-error -- not a role
  const none = call.participants.filter(({ metadata }) => metadata.role === "visitor");
  return (
    <>
      <CallRoom room="standup" metadata={{ role: "guest", hand: "up" }} />
      {/* @ts-expect-error -- not registered */}
      <CallRoom room="standup" metadata={{ seat: "1" }} />
      {hosts.length + none.length}
    </>
  );
}

export function store(): CallStore {
  const call = createCall({ room: "standup", metadata: { role: "guest" } });
  call.configure({ metadata: { role: "host", hand: "up" } });
  // @ts-expect-error -- without its role
  call.configure({ metadata: { hand: "up" } });
  return call;
}

/** A call narrows by its status. */
export function textOf(call: Call): string {
  if (call.status === "failed") return call.error.message;
  // @ts-expect-error -- may be undefined
  return call.error.message;
}
