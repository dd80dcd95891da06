import { ControlBar, VideoGrid, type Call, type LocalMedia } from "twocan";
import "./own-call.css";

/** Restyles the components of twocan with a stylesheet of 40 lines. */
export function OwnCall({ call, media }: { call: Call; media: LocalMedia }) {
  return (
    <div className="cinema">
      <ControlBar call={call} media={media} className="cinema-side" />
      <VideoGrid call={call} />
    </div>
  );
}
