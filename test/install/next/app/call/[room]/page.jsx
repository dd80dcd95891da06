import { Suspense } from "react";
import { Room } from "../../room.jsx";

export default function CallPage({ params }) {
  return (
    <Suspense>
      {params.then(({ room }) => (
        <Room room={room} />
      ))}
    </Suspense>
  );
}
