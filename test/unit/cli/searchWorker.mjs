// The search worker as it stands in the source: threads do not inherit the loader of TypeScript.
import { register } from "tsx/esm/api";

register();
await import("../../../server/searchWorker.ts");
