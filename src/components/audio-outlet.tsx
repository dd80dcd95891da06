"use client";
/** Owns the sound of a call: one `<audio>` for each remote person, apart from every picture. */
import Volume2 from "lucide-react/icons/volume-2";
import {
  forwardRef,
  useCallback,
  useEffect,
  useRef,
  useState,
  type ComponentPropsWithoutRef,
} from "react";
import type { Call } from "../core/call.ts";
import { useMessages } from "./messages-context.tsx";
import { playStream } from "./play-stream.ts";

/** Props of {@link AudioOutlet}: these, and those of a `div`. */
export interface AudioOutletProps extends ComponentPropsWithoutRef<"div"> {
  call: Call;
}

/**
 * Plays every remote voice. One for each call and page: two play everything twice.
 *
 * `VideoGrid` brings its own. An application that swaps its layout during a call renders this
 * outside of what it swaps, and the grid with `audio={false}`, so that no voice stops on the way.
 *
 * Where the browser plays no sound before a click, there is a button to click; a click or a key
 * anywhere does the same. State: `data-blocked`.
 */
export const AudioOutlet = forwardRef<HTMLDivElement, AudioOutletProps>(function AudioOutlet(
  { call, children, ...props },
  ref,
) {
  const messages = useMessages();
  const [refusals, setRefusals] = useState(0);
  // Each voice reports a refusal and its end in turns, so counting them is enough.
  const count = useCallback((refused: boolean) => setRefusals((n) => n + (refused ? 1 : -1)), []);
  const blocked = refusals > 0;

  return (
    <div {...props} ref={ref} data-twocan="audio-outlet" data-blocked={blocked}>
      {call.participants.map(({ id, stream }) => (
        <Voice key={id} stream={stream} onRefused={count} />
      ))}
      {blocked && (
        // It needs no handler: playStream takes any click on the page, this one too.
        <button type="button" data-twocan="audio-button">
          <Volume2 aria-hidden="true" />
          {messages.playSound}
        </button>
      )}
      {children}
    </div>
  );
});

interface VoiceProps {
  stream: MediaStream | undefined;
  onRefused: (refused: boolean) => void;
}

function Voice({ stream, onRefused }: VoiceProps) {
  const ref = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    if (ref.current) return playStream(ref.current, stream, onRefused);
  }, [stream, onRefused]);
  // oxlint-disable-next-line jsx-a11y/media-has-caption -- a live voice has no captions
  return <audio ref={ref} autoPlay />;
}
