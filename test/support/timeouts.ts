/** How long Testing Library waits for what a busy machine takes its time for: its own second is too short. */
import { configure } from "@testing-library/react";

configure({ asyncUtilTimeout: 15_000 });
