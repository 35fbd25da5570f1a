import { setTimeout as delay } from "node:timers/promises";
import { definePlugin } from "@plugboard/core";
import { z } from "zod";

/** A slow source for the demonstration: it takes 100 ms, and says when it was asked. */
export const weather = definePlugin({
  name: "weather",
  options: z.strictObject({}),
  setup(host) {
    let asked = 0;
    host.tool(
      "forecast",
      {
        title: "Forecast",
        description: "The weather in a city, from a source that takes its time",
        inputSchema: z.strictObject({ city: z.string().max(100) }),
        annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
      },
      async ({ city }, { signal }) => {
        await delay(100, undefined, { signal });
        asked += 1;
        return `Sunny in ${city}, says answer ${asked} of the source.`;
      },
    );
  },
});
