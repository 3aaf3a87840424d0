// A headless Chromium: $CHROMIUM_PATH, else the one packed in an npm package (Linux on x64), else one that is installed.
import { existsSync, mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { leftovers, modules, onPath, versionOf } from "./installation.mjs";

const packed = "@sparticuz/chromium";
const installedOnMac = [
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];

/** Unpacks the packed Chromium with its libraries, once, and returns the folder. */
async function unpack() {
	const folder = join(leftovers, `chromium-${versionOf(packed)}`);
	if (existsSync(folder)) return folder;
	const { inflate } = await import(packed);
	const partial = mkdtempSync(join(leftovers, "unpack-"));
	const before = process.env.TMPDIR;
	process.env.TMPDIR = partial; // inflate() knows no other place
	try {
		const archives = ["chromium.br", "swiftshader.tar.br", "al2023.tar.br"];
		await Promise.all(archives.map((name) => inflate(join(modules, packed, "bin", name))));
	} finally {
		if (before === undefined) delete process.env.TMPDIR;
		else process.env.TMPDIR = before;
	}
	renameSync(partial, folder);
	return folder;
}

/** The packed Chromium brings no monospace font: this configuration adds the DejaVu family. */
function writeFonts(folder) {
	const families = {
		monospace: "DejaVu Sans Mono",
		"sans-serif": "DejaVu Sans",
		"system-ui": "DejaVu Sans",
		serif: "DejaVu Serif",
	};
	const aliases = Object.entries(families).map(
		([alias, family]) =>
			`<alias binding="same"><family>${alias}</family><prefer><family>${family}</family></prefer></alias>`,
	);
	const file = join(folder, "fonts.conf");
	writeFileSync(
		file,
		`<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<dir>${join(modules, "dejavu-fonts-ttf", "ttf")}</dir>
<cachedir>${join(folder, "fontconfig")}</cachedir>
${aliases.join("\n")}
<match target="pattern"><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>
</fontconfig>
`,
	);
	return file;
}

async function executable() {
	if (process.env.CHROMIUM_PATH) return { executablePath: process.env.CHROMIUM_PATH, env: {} };
	if (process.platform === "linux" && process.arch === "x64") {
		const folder = await unpack();
		const libraries = [process.env.LD_LIBRARY_PATH, join(folder, "al2023", "lib")].filter(Boolean).join(":");
		return {
			executablePath: join(folder, "chromium"),
			env: { FONTCONFIG_FILE: writeFonts(folder), LD_LIBRARY_PATH: libraries },
		};
	}
	const installed =
		onPath("chromium", "chromium-browser", "google-chrome") ?? installedOnMac.find((file) => existsSync(file));
	if (installed) return { executablePath: installed, env: {} };
	throw new Error("No Chromium or Chrome was found; set CHROMIUM_PATH to one.");
}

/** Starts the browser, without its sandbox, so that root can run it too: it only ever opens our own pages. */
export async function startBrowser() {
	const { chromium } = await import("playwright-core");
	const { executablePath, env } = await executable();
	return chromium.launch({
		executablePath,
		env: { ...process.env, ...env },
		chromiumSandbox: false,
		args: ["--force-color-profile=srgb", "--font-render-hinting=none"],
	});
}
