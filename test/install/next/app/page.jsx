import { redirect } from "next/navigation";
import { connection } from "next/server";
import { Suspense } from "react";
import { createRoomId } from "twocan/core";

export default function HomePage() {
  return (
    <Suspense>
      <NewRoom />
    </Suspense>
  );
}

async function NewRoom() {
  await connection();
  redirect(`/call/${createRoomId()}`);
}
