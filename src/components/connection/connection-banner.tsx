"use client";
/** Owns the line that says what is wrong with a call, and what to do. */
import CircleAlert from "lucide-react/icons/circle-alert";
import X from "lucide-react/icons/x";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../../core/call/call.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import { useConnectionNotice } from "./use-connection-notice.ts";

/** Props of {@link ConnectionBanner}: these, and those of a `div`. */
export interface ConnectionBannerProps extends ComponentPropsWithoutRef<"div"> {
  /** Default: that of the nearest `CallProvider`. */
  call?: Call | undefined;
  /** Tells of trouble with one's own devices too. Default: those of the nearest `CallProvider`, if there are any. */
  media?: LocalMedia | undefined;
}

/**
 * One line while something is wrong: the worst thing, what to do, and a button where one helps. It
 * takes no room while all is well, and what passes within 800 ms is not shown.
 *
 * Read aloud at once is only what ends the call or silences you; the rest waits its turn.
 *
 * State: `data-kind` (`failed`, `offline`, `reconnecting`, `signaling`, `device`;
 * none while all is well) and `data-severity` (`error`, `warning`).
 */
export const ConnectionBanner = forwardRef<HTMLDivElement, ConnectionBannerProps>(
  function ConnectionBanner({ call, media, children, ...props }, ref) {
    const { banner } = useMessages();
    const notice = useConnectionNotice(call, media);
    const error = notice?.severity === "error";
    return (
      <div
        {...props}
        ref={ref}
        data-twocan="connection-banner"
        data-kind={notice?.kind}
        data-severity={notice?.severity}
      >
        {error && <CircleAlert aria-hidden="true" />}
        {/* Both are always there, and one is filled: a region that comes with its words is not read by all. */}
        <output data-twocan="connection-banner-text">{!error && notice?.text}</output>
        <span role="alert" data-twocan="connection-banner-text">
          {error && notice.text}
        </span>
        {notice?.retry && (
          <button type="button" data-twocan="connection-banner-button" onClick={notice.retry}>
            {banner.retry}
          </button>
        )}
        {notice?.dismiss && (
          <button
            type="button"
            data-twocan="connection-banner-button"
            aria-label={banner.dismiss}
            onClick={notice.dismiss}
          >
            <X aria-hidden="true" />
          </button>
        )}
        {children}
      </div>
    );
  },
);
