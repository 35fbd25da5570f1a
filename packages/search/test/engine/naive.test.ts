import { naiveEngine } from "./naive.ts";
import { engineSuite } from "./suite.ts";

engineSuite("the naive engine", async () => naiveEngine());
