import { createRoomId } from "twocan/core";
import { CallRoom } from "twocan";
import "twocan/styles.css";
import { Call } from "./call.jsx";

/** A server component: the room is a client component by its own "use client". */
export default function Page() {
  const room = createRoomId();
  return (
    <>
      <CallRoom room={room} />
      <Call room={room} />
    </>
  );
}
