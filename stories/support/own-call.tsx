/** Owns the example of an application with a look of its own: the tile restyled, the buttons at the side. */
import { ControlBar, VideoGrid, type Call, type LocalMedia } from "twocan";
import "./own-call.css";

/** The same components, and 40 lines of CSS. */
export function OwnCall({ call, media }: { call: Call; media: LocalMedia }) {
  return (
    <div className="cinema">
      <ControlBar call={call} media={media} className="cinema-side" />
      <VideoGrid call={call} />
    </div>
  );
}
