/** Owns how long a play test waits: Testing Library's own second is too short for a busy machine. */
import { configure } from "storybook/test";

configure({ asyncUtilTimeout: 15_000 });
