import { configure } from "storybook/test";

// The default of 1 s is too short for a play test on a busy machine.
configure({ asyncUtilTimeout: 15_000 });
