import { CallRoom } from "twocan";
import { Call } from "../call.jsx";

/** A server component that is rendered at build time. `CallRoom` has its own "use client". */
export default function LobbyPage() {
  return (
    <>
      <CallRoom room="lobby" />
      <Call room="lobby" />
    </>
  );
}
