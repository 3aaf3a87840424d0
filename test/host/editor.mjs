// Opens the extension on the shipped scenarios: in the desktop's VS Code where `code` is on the PATH, else in the browser build.
//
//   node test/host/editor.mjs [--browser] [--port N]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { install, onPath, root } from "./installation.mjs";
import { startServer, workbenchUrl } from "./server.mjs";

const { values } = parseArgs({ options: { browser: { type: "boolean" }, port: { type: "string" } } });
const scenarios = join(root, "scenarios");
const code = values.browser ? undefined : onPath("code", "code.cmd");

if (code) {
	const { status } = spawnSync(code, ["--extensionDevelopmentPath", root, "--new-window", scenarios], {
		stdio: "inherit",
		shell: code.endsWith(".cmd"),
	});
	process.exitCode = status ?? 1;
} else {
	install();
	const overrides = { "editor.fontFamily": "monospace" };
	const server = await startServer({ overrides, port: Number(values.port ?? 0), interactive: true });
	console.log(`VS Code with mmscn: ${workbenchUrl({ ...server, folder: scenarios })}\nCtrl+C ends it.`);
	const ended = new Promise((done) => server.child.once("exit", done));
	await ended;
	await server.stop();
}
