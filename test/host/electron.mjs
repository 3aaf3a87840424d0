// The suite that runs inside the extension host, in a desktop VS Code that @vscode/test-electron downloads. Needs Node 22 and a network.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { install, leftovers, root } from "./installation.mjs";
import { makeWorkspace } from "./workbench.mjs";

if (Number(process.versions.node.split(".")[0]) < 22) throw new Error("@vscode/test-electron needs Node 22 or newer");
install();
const { runTests } = await import("@vscode/test-electron");
const workspace = makeWorkspace();
mkdirSync(leftovers, { recursive: true });
try {
	process.exitCode = await runTests({
		extensionDevelopmentPath: root,
		extensionTestsPath: join(root, "dist", "test", "index.cjs"),
		launchArgs: [workspace.folder, "--disable-extensions", "--disable-workspace-trust"],
	});
} finally {
	workspace.remove();
}
