import { configure } from "storybook/test";

// The default of Testing Library, one second, is too short for a busy machine.
configure({ asyncUtilTimeout: 15_000 });
