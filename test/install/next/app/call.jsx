"use client";
import { useCall, useLocalMedia, VideoGrid } from "twocan";
import { broadcastChannelSignaling } from "twocan/broadcast-channel";

const signaling = broadcastChannelSignaling();

export function Call({ room }) {
  const media = useLocalMedia({ audio: true, video: true });
  const call = useCall({ room, media, signaling });
  return <VideoGrid call={call} />;
}
