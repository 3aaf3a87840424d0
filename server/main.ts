/** The language server's process. Started by the client, over IPC or standard input and output. */
import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { serve } from "./serve.ts";

serve(createConnection(ProposedFeatures.all), { searchWorker: new URL("searchWorker.js", import.meta.url) });
