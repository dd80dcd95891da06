"use client";
import CircleAlert from "lucide-react/icons/circle-alert";
import X from "lucide-react/icons/x";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../../core/call/call.ts";
import type { LocalMedia } from "../../core/media/local-media.ts";
import { useMessages } from "../i18n/messages-context.tsx";
import { useConnectionNotice } from "./use-connection-notice.ts";

/** Accepts the props of a `div`, too. */
export interface ConnectionBannerProps extends ComponentPropsWithoutRef<"div"> {
  /** @default the call of the nearest `CallProvider` */
  call?: Call | undefined;
  /**
   * Also reports problems of these local devices.
   *
   * @default the media of the nearest `CallProvider`, if it has any
   */
  media?: LocalMedia | undefined;
}

/**
 * Shows the most severe problem of a call in one line, with what to do about it and a button where
 * one helps. Takes no space while there is no problem. A problem that passes within 800 ms is not
 * shown.
 *
 * Screen readers announce a problem at once only if it ends the call or silences the local
 * participant. Other problems are announced politely.
 *
 * State: `data-kind` (`failed`, `offline`, `reconnecting`, `signaling`, `device`; absent while there
 * is no problem) and `data-severity` (`error`, `warning`). Built on {@link useConnectionNotice}.
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
        {/* Both regions are always mounted: not all screen readers announce a region that is mounted with its text. */}
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
