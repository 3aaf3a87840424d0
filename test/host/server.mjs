// VS Code's own server, as code-server packs it, run directly.
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
	cpSync,
	createWriteStream,
	existsSync,
	mkdirSync,
	mkdtempSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { here, leftovers, modules, newerNode, root, versionOf } from "./installation.mjs";

const startSecondsMax = 60;
const stopMilliseconds = 3000;

/** Built-in extensions that matter here; the others want native modules, or only bring noise. */
const builtins = [
	"theme-defaults",
	"theme-seti",
	"configuration-editing",
	"json",
	"markdown-basics",
	"markdown-language-features",
	"cpp",
];

const settings = {
	"telemetry.telemetryLevel": "off",
	"update.mode": "none",
	"update.showReleaseNotes": false,
	"extensions.autoCheckUpdates": false,
	"extensions.autoUpdate": false,
	"extensions.ignoreRecommendations": true,
	"security.workspace.trust.enabled": false,
	"chat.disableAIFeatures": true,
	"window.commandCenter": false,
	"workbench.startupEditor": "none",
	"workbench.tips.enabled": false,
	"workbench.enableExperiments": false,
	"workbench.secondarySideBar.defaultVisibility": "hidden",
	"files.autoSave": "off", // the web workbench saves by itself otherwise
	"editor.fontFamily": "DejaVu Sans Mono",
	"editor.minimap.enabled": false,
	"editor.cursorBlinking": "solid",
};

/**
 * VS Code's files as the server wants them. Its node_modules normally come from a script that compiles; here they are a link to
 * the packages installed beside it.
 */
function vscodeFolder() {
	const from = join(modules, "code-server", "lib", "vscode");
	const folder = join(leftovers, `vscode-${versionOf("code-server")}`);
	if (existsSync(folder)) return folder;
	const partial = mkdtempSync(join(leftovers, "copy-"));
	const parts = ["out", "package.json", "product.json", "resources", ...builtins.map((name) => `extensions/${name}`)];
	for (const part of parts) {
		if (existsSync(join(from, part))) cpSync(join(from, part), join(partial, part), { recursive: true });
	}
	symlinkSync(relative(partial, modules), join(partial, "node_modules"), "junction");
	renameSync(partial, folder);
	return folder;
}

/**
 * Starts the server. `overrides` are user settings, `env` is added to the extension host's environment. Returns the
 * port and how to stop it all. With VSIX set, that package is installed. `interactive` is for a person: with a token in the address, and
 * until it is stopped.
 */
export async function startServer({ overrides = {}, env = {}, port: wanted = 0, interactive = false }) {
	const vscode = vscodeFolder();
	const store = mkdtempSync(join(tmpdir(), "vsc-")); // short: sockets go in here
	mkdirSync(join(store, "data", "User"), { recursive: true });
	writeFileSync(
		join(store, "data", "User", "settings.json"),
		JSON.stringify({ ...settings, ...overrides }, null, "\t"),
	);
	const inherited = Object.fromEntries(
		Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_|CODE_SERVER|NODE_OPTIONS$)/.test(name)),
	);
	const environment = { ...inherited, TMPDIR: store, XDG_RUNTIME_DIR: store, ...env };
	const main = join(vscode, "out", "server-main.js");
	if (process.env.VSIX) {
		const vsix = resolve(process.env.VSIX);
		execFileSync(newerNode(), [main, "--server-data-dir", store, "--install-extension", vsix], {
			env: environment,
			stdio: "pipe",
		});
	}
	// Other users of the machine must not get into a person's editor.
	const token = interactive ? randomBytes(16).toString("hex") : undefined;
	const options = [
		["--host", "127.0.0.1", "--port", String(wanted), "--accept-server-license-terms"],
		token ? ["--connection-token", token] : ["--without-connection-token"],
		[
			"--server-data-dir",
			store,
			"--disable-workspace-trust",
			"--disable-telemetry",
			"--disable-getting-started-override",
		],
		interactive ? [] : ["--enable-remote-auto-shutdown", "--reconnection-grace-time", "10"], // ends by itself when we are killed
		["--enable-smoke-test-driver"], // only then does a built workbench heed the paths of an extension under development
	].flat();
	const child = spawn(newerNode(), [main, ...options], {
		env: environment,
		stdio: ["ignore", "pipe", "pipe"],
		detached: true,
	});
	const log = createWriteStream(join(leftovers, "server.log"));
	child.stdout.pipe(log, { end: false });
	child.stderr.pipe(log, { end: false });

	const kill = (signal) => {
		try {
			process.kill(-child.pid, signal);
		} catch {
			// it has ended already
		}
	};
	const atExit = () => {
		kill("SIGKILL");
		rmSync(store, { recursive: true, force: true, maxRetries: 3 });
	};
	process.once("exit", atExit);
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
	const stop = async () => {
		if (child.exitCode === null && child.signalCode === null) {
			const gone = new Promise((done) => child.once("exit", done));
			kill("SIGTERM");
			const timer = setTimeout(() => kill("SIGKILL"), stopMilliseconds);
			await gone;
			clearTimeout(timer);
		}
		rmSync(join(leftovers, "logs"), { recursive: true, force: true });
		if (existsSync(join(store, "data", "logs")))
			cpSync(join(store, "data", "logs"), join(leftovers, "logs"), { recursive: true });
		process.off("exit", atExit);
		atExit();
	};
	try {
		const port = await listening(child);
		return { port, token, child, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

/** The port that the server says it listens on. */
function listening(child) {
	return new Promise((done, fail) => {
		const timer = setTimeout(
			() => fail(new Error("VS Code's server did not start; see .vscode-test/server.log")),
			startSecondsMax * 1000,
		);
		let said = "";
		child.stdout.on("data", (chunk) => {
			said += chunk;
			const port = /agent listening on (\d+)/.exec(said)?.[1];
			if (!port) return;
			clearTimeout(timer);
			done(Number(port));
		});
		child.once("exit", (code, signal) =>
			fail(new Error(`VS Code's server ended (${code ?? signal}); see .vscode-test/server.log`)),
		);
		child.once("error", fail);
	});
}

/**
 * The address of the workbench on a folder. `tests` is a module to run inside the extension host, `open` a file to open. The
 * authority must be the page's own, or a file gets two identities.
 */
export function workbenchUrl({ port, token, folder }, { tests, open } = {}) {
	const authority = `127.0.0.1:${port}`;
	const remote = (path) =>
		`vscode-remote://${authority}${resolve(root, path).split("/").map(encodeURIComponent).join("/")}`;
	// With a package under test, the development extension is an empty one that only carries the tests.
	const development = process.env.VSIX ? join(here, "empty-extension") : root;
	const payload = [
		["skipWelcome", "true"],
		["skipReleaseNotes", "true"],
		["extensionDevelopmentPath", remote(development)],
	];
	if (tests) payload.push(["extensionTestsPath", remote(tests)]);
	if (open) payload.push(["openFile", remote(open)]);
	const query = { ...(token ? { tkn: token } : {}), folder, payload: JSON.stringify(payload) };
	return `http://${authority}/?${new URLSearchParams(query)}`;
}
